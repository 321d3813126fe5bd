resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:Requests are logged where access_logs_bucket is given: the bucket belongs to whoever keeps the account's logs
  #checkov:skip=CKV2_AWS_76:enable_waf attaches the rules against Log4j (known bad inputs); those against anonymous addresses would refuse clients that run in a cloud
  name                       = var.project_name
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.alb.id]
  subnets                    = local.public_subnets
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  # Live streams send something every 15 s.
  idle_timeout = 60
  tags         = local.tags

  dynamic "access_logs" {
    for_each = var.access_logs_bucket == null ? [] : [var.access_logs_bucket]
    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = var.project_name
    }
  }

  lifecycle {
    precondition {
      condition     = var.certificate_arn != null || (var.domain_name != null && var.route53_zone_id != null)
      error_message = "The page is served over TLS alone: give certificate_arn, or domain_name with route53_zone_id."
    }
    precondition {
      condition     = local.makes_vpc || (length(var.public_subnet_ids) >= 2 && length(var.private_subnet_ids) >= 1)
      error_message = "With vpc_id, give two public_subnet_ids at least, and private_subnet_ids."
    }
  }
}

resource "aws_lb_target_group" "backend" {
  name                 = "${var.project_name}-backend"
  port                 = local.api_port
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = local.vpc_id
  deregistration_delay = 25
  tags                 = local.tags

  health_check {
    path                = "/healthz"
    interval            = 30
    timeout             = 5
    matcher             = "200"
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = coalesce(var.certificate_arn, try(aws_acm_certificate_validation.this[0].certificate_arn, null))
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.backend.arn
  }
}

# Metrics and probes are for inside: nobody scrapes through the load balancer.
resource "aws_lb_listener_rule" "inside_only" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1
  tags         = local.tags

  condition {
    path_pattern {
      values = ["/metrics", "/readyz", "/livez"]
    }
  }
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}
