# Names and meaning of the first block are relied on by others (wire contract): they stay.

variable "project_name" {
  description = "Prefix of every name: cluster, secrets, load balancer, roles."
  type        = string
  default     = "ordermill"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project_name))
    error_message = "project_name has 3 to 20 characters: lower-case letters, digits and hyphens, beginning with a letter (names of load balancers have 32 at most)."
  }
}

variable "ghcr_username" {
  description = "User whose token pulls the image from ghcr.io."
  type        = string

  validation {
    condition     = length(var.ghcr_username) > 0
    error_message = "ghcr_username is empty: give the GitHub user whose token ghcr_pat is."
  }
}

variable "ghcr_pat" {
  description = "Token of that user with the scope read:packages and no other."
  type        = string
  sensitive   = true
}

variable "confluent_bootstrap_servers" {
  description = "host:port of the Kafka cluster, comma separated."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9.-]+:[0-9]{1,5}(,[A-Za-z0-9.-]+:[0-9]{1,5})*$", var.confluent_bootstrap_servers))
    error_message = "confluent_bootstrap_servers is host:port, comma separated, without a scheme (no SASL_SSL://)."
  }
}

variable "confluent_api_key" {
  description = "Key of the Kafka cluster."
  type        = string
  sensitive   = true
}

variable "confluent_api_secret" {
  description = "Secret of that key."
  type        = string
  sensitive   = true
}

variable "couchbase_host" {
  description = "Host or connection string of the Couchbase cluster."
  type        = string

  validation {
    condition     = length(var.couchbase_host) > 0
    error_message = "couchbase_host is empty: give the host of the cluster, or couchbases://host."
  }
}

variable "couchbase_bucket" {
  description = "Bucket of the orders."
  type        = string
  default     = "order_analytics"
}

variable "couchbase_username" {
  description = "User with the rights of docs/guide/couchbase.md."
  type        = string
}

variable "couchbase_password" {
  description = "Password of that user."
  type        = string
  sensitive   = true
}

# Ours.

variable "api_tokens" {
  description = "Who may use the API: viewer:<sha256 of the token in hex> or operator:<...>. Hashes are no secrets. printf %s TOKEN | sha256sum"
  type        = list(string)

  validation {
    condition     = length(var.api_tokens) > 0 && alltrue([for token in var.api_tokens : can(regex("^(viewer|operator):[0-9a-f]{64}$", token))])
    error_message = "api_tokens needs one entry at least, each viewer:<64 hex digits> or operator:<64 hex digits>: the API refuses to listen without."
  }
}

variable "image" {
  description = "Image of all services, with its tag or digest; null: ghcr.io/<ghcr_username>/ordermill:<image_tag>."
  type        = string
  default     = null
}

variable "image_tag" {
  description = "Tag of the default image: a version, so that a deployment can be rolled back."
  type        = string
  default     = "latest"
}

variable "topic_name" {
  description = "Input topic."
  type        = string
  default     = "orders"
}

variable "settings" {
  description = "Further settings of docs/reference/configuration.md, for every service. The names are in locals.tf."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), local.settings)) == 0
    error_message = "settings knows those of local.settings in locals.tf: the others are set by the module, hold a secret, or mean nothing here."
  }
}

variable "payment_gateway_secret_arn" {
  description = "Secret with the JSON keys url and token of the payment gateway, made elsewhere and readable for the execution role. null: charges are simulated."
  type        = string
  default     = null

  validation {
    condition     = var.payment_gateway_secret_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:[^:]+:[0-9]{12}:secret:[^:]+$", var.payment_gateway_secret_arn))
    error_message = "payment_gateway_secret_arn is the ARN of a secret: arn:aws:secretsmanager:<region>:<account>:secret:<name>."
  }
}

variable "run_producer" {
  description = "Whether the producer of made-up orders runs: off where real orders come in."
  type        = bool
  default     = true
}

variable "sizes" {
  description = "Size and number of tasks by service; what is left out keeps its default."
  type = map(object({
    cpu    = optional(number)
    memory = optional(number)
    min    = optional(number)
    max    = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.sizes) : contains(["producer", "fraud", "payment", "analytics", "views", "backend"], name)])
    error_message = "sizes knows producer, fraud, payment, analytics, views and backend."
  }
  validation {
    condition     = alltrue([for size in values(var.sizes) : coalesce(size.min, 1) <= coalesce(size.max, coalesce(size.min, 1)) && coalesce(size.min, 1) >= 0])
    error_message = "In sizes, min must not be negative and not above max."
  }
}

variable "lag_per_task" {
  description = "Records that a task of a service may be behind before another one is started."
  type        = number
  default     = 5000

  validation {
    condition     = var.lag_per_task >= 1
    error_message = "lag_per_task is 1 at least."
  }
}

variable "requests_per_backend" {
  description = "Requests a minute to one task of the API before another one is started."
  type        = number
  default     = 6000
}

variable "use_spot" {
  description = "Run the services on Fargate Spot: cheaper, and taken away with two minutes' notice. The API stays on Fargate."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "VPC to run in; null makes one of its own."
  type        = string
  default     = null
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer in the given VPC, in two zones at least."
  type        = list(string)
  default     = []
}

variable "private_subnet_ids" {
  description = "Subnets of the tasks in the given VPC, with a way out to the internet."
  type        = list(string)
  default     = []
}

variable "vpc_cidr" {
  description = "Addresses of the VPC that is made."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 8, 255))
    error_message = "vpc_cidr is a network such as 10.40.0.0/16, of /20 at the smallest."
  }
}

variable "availability_zones" {
  description = "Zones of the VPC that is made."
  type        = number
  default     = 2

  validation {
    condition     = var.availability_zones >= 2 && var.availability_zones <= 4
    error_message = "availability_zones is 2 to 4: a load balancer needs two."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone instead of one: a zone that fails takes no other with it, at the price of one more each."
  type        = bool
  default     = false
}

variable "domain_name" {
  description = "DNS name of the page, made in route53_zone_id with a certificate of its own."
  type        = string
  default     = null
}

variable "route53_zone_id" {
  description = "Public hosted zone of domain_name."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "Certificate to use instead of one that is made for domain_name."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "certificate_arn is the ARN of a certificate of ACM in this region."
  }
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0))])
    error_message = "allowed_cidrs is one network at least, such as 203.0.113.0/24."
  }
}

variable "enable_waf" {
  description = "A web ACL with AWS's common rules and a rate limit in front of the load balancer."
  type        = bool
  default     = false
}

variable "access_logs_bucket" {
  description = "S3 bucket for the load balancer's log of requests, which its policy must let the load balancer write to; null: no such log."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "log_level" {
  description = "Least level that is logged."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level is debug, info, warn or error."
  }
}

variable "alarm_email" {
  description = "Where alarms are sent to, once the address has confirmed; null: only the topic is made."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be destroyed."
  type        = bool
  default     = true
}

variable "secret_recovery_days" {
  description = "Days that a destroyed secret can be brought back; 0 destroys at once."
  type        = number
  default     = 7

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days is 0, or 7 to 30."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
