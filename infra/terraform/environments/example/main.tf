# Copy this folder, fill in terraform.tfvars (see terraform.tfvars.example) and the bucket of the state, then:
#   terraform init && terraform apply

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The state holds the secrets' values: an encrypted, versioned bucket that few may read. The lock is a file beside it.
  backend "s3" {
    bucket       = "example-terraform-state"
    key          = "ordermill/example.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "Region to run in."
  type        = string
  default     = "eu-central-1"
}

variable "ghcr_username" { type = string }
variable "ghcr_pat" {
  type      = string
  sensitive = true
}
variable "confluent_bootstrap_servers" { type = string }
variable "confluent_api_key" {
  type      = string
  sensitive = true
}
variable "confluent_api_secret" {
  type      = string
  sensitive = true
}
variable "couchbase_host" { type = string }
variable "couchbase_username" { type = string }
variable "couchbase_password" {
  type      = string
  sensitive = true
}
variable "api_tokens" { type = list(string) }
variable "image_tag" { type = string }
variable "domain_name" { type = string }
variable "route53_zone_id" { type = string }
variable "alarm_email" { type = string }

module "ordermill" {
  source = "../.."

  project_name                = "ordermill"
  ghcr_username               = var.ghcr_username
  ghcr_pat                    = var.ghcr_pat
  confluent_bootstrap_servers = var.confluent_bootstrap_servers
  confluent_api_key           = var.confluent_api_key
  confluent_api_secret        = var.confluent_api_secret
  couchbase_host              = var.couchbase_host
  couchbase_username          = var.couchbase_username
  couchbase_password          = var.couchbase_password
  api_tokens                  = var.api_tokens
  image_tag                   = var.image_tag
  domain_name                 = var.domain_name
  route53_zone_id             = var.route53_zone_id
  alarm_email                 = var.alarm_email
  tags                        = { Environment = "example" }
}

output "url" {
  value = module.ordermill.url
}
