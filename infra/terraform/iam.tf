data "aws_iam_policy_document" "assumed_by_tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

# What ECS itself does before a task runs: reads secrets, writes logs. The image comes from GHCR, so nothing of ECR.
resource "aws_iam_role" "execution" {
  name               = "${var.project_name}-execution"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_tasks.json
  tags               = local.tags
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for name in sort(keys(local.secrets)) : aws_secretsmanager_secret.this[name].arn]
  }
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in values(aws_cloudwatch_log_group.service) : "${group.arn}:*"]
  }
}

resource "aws_iam_policy" "secrets" {
  name        = "${var.project_name}-read-secrets"
  description = "Reads the three secrets of ${var.project_name}, and no other"
  policy      = data.aws_iam_policy_document.secrets.json
  tags        = local.tags
}

resource "aws_iam_role_policy_attachment" "secrets" {
  role       = aws_iam_role.execution.name
  policy_arn = aws_iam_policy.secrets.arn
}

resource "aws_iam_role_policy" "execution" {
  name   = "key-and-logs"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

# Its owner's secret, where one is given: beside the three, and only then.
data "aws_iam_policy_document" "gateway_secret" {
  count = var.payment_gateway_secret_arn == null ? 0 : 1
  statement {
    sid       = "GatewaySecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.payment_gateway_secret_arn]
  }
}

resource "aws_iam_role_policy" "gateway_secret" {
  count  = var.payment_gateway_secret_arn == null ? 0 : 1
  name   = "gateway-secret"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.gateway_secret[0].json
}

# What a program may do in AWS: nothing. One role each, so that a right that one of them needs some day is that one's alone.
resource "aws_iam_role" "task" {
  for_each           = local.services
  name               = "${var.project_name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_tasks.json
  tags               = local.tags
}

data "aws_iam_policy_document" "assumed_by_flow_logs" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "flow" {
  count              = local.makes_vpc ? 1 : 0
  name               = "${var.project_name}-flow-logs"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_flow_logs.json
  tags               = local.tags
}

resource "aws_iam_role_policy" "flow" {
  count = local.makes_vpc ? 1 : 0
  name  = "write"
  role  = aws_iam_role.flow[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      Resource = "${aws_cloudwatch_log_group.flow[0].arn}:*"
    }]
  })
}
