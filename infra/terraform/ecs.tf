resource "aws_ecs_cluster" "this" {
  name = "${var.project_name}-cluster"
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

locals {
  secret_arns = { for name in keys(local.secrets) : name => aws_secretsmanager_secret.this[name].arn }

  kafka_secrets = {
    KAFKA_BOOTSTRAP_SERVERS = "${local.secret_arns.confluent}:bootstrap_servers::"
    CONFLUENT_API_KEY       = "${local.secret_arns.confluent}:api_key::"
    CONFLUENT_API_SECRET    = "${local.secret_arns.confluent}:api_secret::"
  }
  couchbase_secrets = {
    COUCHBASE_HOST     = "${local.secret_arns.couchbase}:host::"
    COUCHBASE_BUCKET   = "${local.secret_arns.couchbase}:bucket::"
    COUCHBASE_USERNAME = "${local.secret_arns.couchbase}:username::"
    COUCHBASE_PASSWORD = "${local.secret_arns.couchbase}:password::"
  }

  # The API says which gateway charges.
  gateway_secrets = var.payment_gateway_secret_arn == null ? {} : {
    ORDERMILL_PAYMENT_GATEWAY_URL   = "${var.payment_gateway_secret_arn}:url::"
    ORDERMILL_PAYMENT_GATEWAY_TOKEN = "${var.payment_gateway_secret_arn}:token::"
  }
  task_secrets = {
    for name, service in local.services : name => merge(
      local.kafka_secrets,
      name == "fraud" ? {} : local.couchbase_secrets,
      contains(["payment", "backend"], name) ? local.gateway_secrets : {},
    )
  }

  environment = {
    for name, service in local.services : name => merge(
      # Fraud has no store.
      { for key, value in var.settings : key => value if name != "fraud" || !startswith(key, "ORDERMILL_COUCHBASE_") },
      {
        TOPIC_NAME                      = var.topic_name
        LOG_LEVEL                       = var.log_level
        ORDERMILL_CLOUDWATCH_NAMESPACE  = local.metrics_namespace
        ORDERMILL_CLOUDWATCH_DIMENSIONS = "Project=${var.project_name}"
      },
      name == "backend" ? {
        HOST                      = "0.0.0.0"
        PORT                      = tostring(local.api_port)
        ORDERMILL_TOKENS          = join(",", var.api_tokens)
        ORDERMILL_TRUSTED_PROXIES = "1"
        ORDERMILL_ALLOWED_HOSTS   = join(",", compact([var.domain_name, aws_lb.this.dns_name]))
        } : {
        ORDERMILL_HEALTH_PORT = tostring(local.health_port)
      },
    )
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = local.services
  family                   = "${var.project_name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  tags                     = local.tags

  # The root file system is read-only; what a check of the totals needs for a while goes here.
  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = local.image
    command                = ["run", each.value.run]
    essential              = true
    readonlyRootFilesystem = true
    # Draining takes 25 s at most.
    stopTimeout           = 30
    repositoryCredentials = { credentialsParameter = local.secret_arns.ghcr }
    environment           = [for key in sort(keys(local.environment[each.key])) : { name = key, value = local.environment[each.key][key] }]
    secrets = [
      for key, from in local.task_secrets[each.key] : { name = key, valueFrom = from }
    ]
    portMappings = each.key == "backend" ? [{ containerPort = local.api_port, hostPort = local.api_port, protocol = "tcp" }] : []
    mountPoints  = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    healthCheck = {
      command     = ["CMD", "node", "infra/docker/healthcheck.ts"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
    linuxParameters = { initProcessEnabled = true, capabilities = { drop = ["ALL"], add = [] } }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.service[each.key].name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = each.key
      }
    }
    systemControls = []
    volumesFrom    = []
  }])

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(each.value.cpu), []), each.value.memory)
      error_message = "Fargate has no task with ${each.value.cpu} cpu units and ${each.value.memory} MiB (${each.key}): see the table fargate_memory in locals.tf."
    }
  }
}

resource "aws_ecs_service" "this" {
  for_each               = local.services
  name                   = each.key
  cluster                = aws_ecs_cluster.this.id
  task_definition        = aws_ecs_task_definition.this[each.key].arn
  desired_count          = each.value.min
  enable_execute_command = false
  propagate_tags         = "SERVICE"
  # One more than wanted while a new version comes, never one fewer.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = each.key == "backend" ? 60 : null
  tags                               = local.tags

  capacity_provider_strategy {
    capacity_provider = var.use_spot && each.key != "backend" ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = local.private_subnets
    security_groups  = [aws_security_group.service[each.key].id]
    assign_public_ip = false
  }
  dynamic "load_balancer" {
    for_each = each.key == "backend" ? [1] : []
    content {
      target_group_arn = aws_lb_target_group.backend.arn
      container_name   = each.key
      container_port   = local.api_port
    }
  }

  # Autoscaling moves it.
  lifecycle {
    ignore_changes = [desired_count]
  }
  depends_on = [
    aws_lb_listener.https,
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy_attachment.secrets,
    aws_iam_role_policy.execution,
    aws_secretsmanager_secret_version.this,
    aws_vpc_security_group_egress_rule.service,
  ]
}
