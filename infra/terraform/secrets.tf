resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:GitHub, Confluent and Couchbase make these logins, not AWS: the runbook in README.md says how to change one
  for_each                = local.secrets
  name                    = each.value
  description             = "Login of ${each.key} for ${var.project_name}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.secret_recovery_days
  tags                    = local.tags
}

locals {
  secret_values = {
    ghcr = { username = var.ghcr_username, password = var.ghcr_pat }
    confluent = {
      bootstrap_servers = var.confluent_bootstrap_servers
      api_key           = var.confluent_api_key
      api_secret        = var.confluent_api_secret
    }
    couchbase = {
      host     = var.couchbase_host
      bucket   = var.couchbase_bucket
      username = var.couchbase_username
      password = var.couchbase_password
    }
  }
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each      = local.secrets
  secret_id     = aws_secretsmanager_secret.this[each.key].id
  secret_string = jsonencode(local.secret_values[each.key])
}
