resource "aws_security_group" "alb" {
  name        = "${var.project_name}-alb"
  description = "Load balancer: HTTPS from outside, the API inside"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.project_name}-alb" })
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  for_each          = { for pair in setproduct(var.allowed_cidrs, [80, 443]) : "${pair[0]}-${pair[1]}" => { cidr = pair[0], port = pair[1] } }
  security_group_id = aws_security_group.alb.id
  description       = each.value.port == 443 ? "HTTPS" : "HTTP, which is sent on to HTTPS"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "alb_to_backend" {
  security_group_id            = aws_security_group.alb.id
  description                  = "The API"
  referenced_security_group_id = aws_security_group.service["backend"].id
  ip_protocol                  = "tcp"
  from_port                    = local.api_port
  to_port                      = local.api_port
}

resource "aws_security_group" "service" {
  for_each    = local.services
  name        = "${var.project_name}-${each.key}"
  description = "Tasks of ${each.key}"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.project_name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "backend_from_alb" {
  security_group_id            = aws_security_group.service["backend"].id
  description                  = "The load balancer"
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = local.api_port
  to_port                      = local.api_port
}

# Where tasks go: secrets, logs and the image over HTTPS; the broker; the store. Fraud has no store.
locals {
  ways_out = {
    https     = { from = 443, to = 443, about = "Secrets Manager, CloudWatch, GHCR" }
    kafka     = { from = 9092, to = 9096, about = "Kafka" }
    couchbase = { from = 11207, to = 11210, about = "Couchbase by key" }
    query     = { from = 18091, to = 18096, about = "Couchbase: configuration and queries over TLS" }
  }
  service_ways_out = merge([
    for name in keys(local.services) : {
      for way, ports in local.ways_out : "${name}-${way}" => merge(ports, { service = name })
      if name != "fraud" || !contains(["couchbase", "query"], way)
    }
  ]...)
}

resource "aws_vpc_security_group_egress_rule" "service" {
  for_each          = local.service_ways_out
  security_group_id = aws_security_group.service[each.value.service].id
  description       = each.value.about
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value.from
  to_port           = each.value.to
}
