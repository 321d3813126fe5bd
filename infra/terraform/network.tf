data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:The first zones by name are taken, as many as availability_zones says: a module has no names that fit every region
  state = "available"

  # Not local zones, which lack much of what is made here.
  filter {
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

locals {
  makes_vpc       = var.vpc_id == null
  zones           = local.makes_vpc ? slice(data.aws_availability_zones.available.names, 0, var.availability_zones) : []
  vpc_id          = local.makes_vpc ? aws_vpc.this[0].id : var.vpc_id
  public_subnets  = local.makes_vpc ? [for zone in local.zones : aws_subnet.public[zone].id] : var.public_subnet_ids
  private_subnets = local.makes_vpc ? [for zone in local.zones : aws_subnet.private[zone].id] : var.private_subnet_ids
  nat_zones       = var.nat_per_zone ? local.zones : slice(local.zones, 0, min(1, length(local.zones)))
}

resource "aws_vpc" "this" {
  count                = local.makes_vpc ? 1 : 0
  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = var.project_name })
}

# Nothing uses the default group: it lets nobody in or out.
resource "aws_default_security_group" "closed" {
  count  = local.makes_vpc ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = local.tags
}

resource "aws_internet_gateway" "this" {
  count  = local.makes_vpc ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = var.project_name })
}

resource "aws_subnet" "public" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.value
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, index(local.zones, each.value))
  tags              = merge(local.tags, { Name = "${var.project_name}-public-${each.value}" })
}

resource "aws_subnet" "private" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.value
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, index(local.zones, each.value) + 8)
  tags              = merge(local.tags, { Name = "${var.project_name}-private-${each.value}" })
}

resource "aws_route_table" "public" {
  count  = local.makes_vpc ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${var.project_name}-public" })
}

resource "aws_route" "out" {
  count                  = local.makes_vpc ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each       = toset(local.zones)
  subnet_id      = aws_subnet.public[each.value].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_zones)
  domain   = "vpc"
  tags     = merge(local.tags, { Name = "${var.project_name}-nat-${each.value}" })
}

resource "aws_nat_gateway" "this" {
  for_each      = toset(local.nat_zones)
  allocation_id = aws_eip.nat[each.value].id
  subnet_id     = aws_subnet.public[each.value].id
  tags          = merge(local.tags, { Name = "${var.project_name}-${each.value}" })
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "private" {
  for_each = toset(local.zones)
  vpc_id   = aws_vpc.this[0].id
  tags     = merge(local.tags, { Name = "${var.project_name}-private-${each.value}" })
}

resource "aws_route" "nat" {
  for_each               = toset(local.zones)
  route_table_id         = aws_route_table.private[each.value].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat_per_zone ? each.value : local.nat_zones[0]].id
}

resource "aws_route_table_association" "private" {
  for_each       = toset(local.zones)
  subnet_id      = aws_subnet.private[each.value].id
  route_table_id = aws_route_table.private[each.value].id
}

resource "aws_flow_log" "this" {
  count           = local.makes_vpc ? 1 : 0
  vpc_id          = aws_vpc.this[0].id
  traffic_type    = "REJECT"
  log_destination = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn    = aws_iam_role.flow[0].arn
  tags            = local.tags
}
