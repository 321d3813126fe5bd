data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  image = coalesce(var.image, "ghcr.io/${lower(var.ghcr_username)}/ordermill:${var.image_tag}")
  tags  = merge({ Project = var.project_name, ManagedBy = "terraform" }, var.tags)

  # cpu units -> MiB of memory that Fargate takes with them.
  fargate_memory = {
    "256"  = [512, 1024, 2048]
    "512"  = [for gib in range(1, 5) : gib * 1024]
    "1024" = [for gib in range(2, 9) : gib * 1024]
    "2048" = [for gib in range(4, 17) : gib * 1024]
    "4096" = [for gib in range(8, 31) : gib * 1024]
  }

  # One program each; the image is the same, the command chooses. `group` is whose lag decides how many tasks run.
  programs = {
    producer  = { run = "producer", group = null, cpu = 256, memory = 512, min = 1, max = 1 }
    fraud     = { run = "fraud", group = "fraud-group", cpu = 256, memory = 512, min = 1, max = 6 }
    payment   = { run = "payment", group = "payments-group", cpu = 512, memory = 1024, min = 1, max = 6 }
    analytics = { run = "analytics", group = "analytics-group", cpu = 512, memory = 1024, min = 1, max = 6 }
    views     = { run = "views", group = "views-group", cpu = 256, memory = 512, min = 1, max = 3 }
    backend   = { run = "api", group = null, cpu = 512, memory = 1024, min = 2, max = 6 }
  }

  services = {
    for name, program in local.programs : name => merge(program, {
      cpu    = coalesce(try(var.sizes[name].cpu, null), program.cpu)
      memory = coalesce(try(var.sizes[name].memory, null), program.memory)
      min    = coalesce(try(var.sizes[name].min, null), program.min)
      max    = max(coalesce(try(var.sizes[name].max, null), program.max), coalesce(try(var.sizes[name].min, null), program.min))
    }) if name != "producer" || var.run_producer
  }

  # Those that scale on their lag.
  consumers = { for name, service in local.services : name => service if service.group != null }

  # Those that var.settings may set.
  settings = [
    "ORDERMILL_BASE_CURRENCY",
    "ORDERMILL_BATCH_BYTES_MAX",
    "ORDERMILL_BATCH_RECORDS_MAX",
    "ORDERMILL_COUCHBASE_COLLECTIONS",
    "ORDERMILL_COUCHBASE_CONNECT_TIMEOUT_MS",
    "ORDERMILL_COUCHBASE_DURABILITY",
    "ORDERMILL_COUCHBASE_KV_TIMEOUT_MS",
    "ORDERMILL_COUCHBASE_QUERY_TIMEOUT_MS",
    "ORDERMILL_COUCHBASE_SCOPE",
    "ORDERMILL_DEAD_LETTER_TOPICS",
    "ORDERMILL_DELIVERY",
    "ORDERMILL_FRAUD_HIGH_AMOUNT",
    "ORDERMILL_FRAUD_HIGH_AMOUNT_BY_CURRENCY",
    "ORDERMILL_FRAUD_HOME_COUNTRIES",
    "ORDERMILL_GATEWAY_DECLINE_RATIO",
    "ORDERMILL_GATEWAY_FAIL_RATIO",
    "ORDERMILL_GATEWAY_HANG_RATIO",
    "ORDERMILL_GATEWAY_LATENCY_MS",
    "ORDERMILL_GATEWAY_SEED",
    "ORDERMILL_KAFKA_REPLICATION",
    "ORDERMILL_ORDERS_RETENTION_HOURS",
    "ORDERMILL_ORDER_ID_REUSE",
    "ORDERMILL_PARTITIONS",
    "ORDERMILL_PAYMENT_CONCURRENCY",
    "ORDERMILL_PAYMENT_POLICY",
    "ORDERMILL_PAYMENT_TIMEOUT_MS",
    "ORDERMILL_RATE_LIMIT_PER_MINUTE",
    "ORDERMILL_REDRIVES_MAX",
    "ORDERMILL_SERIES_RETENTION_DAYS",
    "ORDERMILL_STREAM_CLIENTS_MAX",
    "ORDERMILL_STREAM_TICK_MS",
    "ORDERMILL_STUCK_SECONDS",
    "SLEEP_SECONDS",
  ]

  api_port    = 8000
  health_port = 8080
  # Named in alarms and policies, and by the services that publish them.
  metrics_namespace = "Ordermill"

  secrets = {
    ghcr      = "${var.project_name}-ghcr-credentials"
    confluent = "${var.project_name}-confluent-credentials"
    couchbase = "${var.project_name}-couchbase-credentials"
  }
}
