resource "aws_cloudwatch_log_group" "service" {
  for_each          = local.services
  name              = "/${var.project_name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = local.tags
}

# A firewall writes to groups of this prefix alone.
locals {
  waf_log_group = "aws-waf-logs-${var.project_name}"
}

resource "aws_cloudwatch_log_group" "waf" {
  count             = var.enable_waf ? 1 : 0
  name              = local.waf_log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "flow" {
  count             = local.makes_vpc ? 1 : 0
  name              = "/${var.project_name}/vpc-rejected"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = local.tags
}
