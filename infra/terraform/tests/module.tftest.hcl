# No network, no credentials: what would be made, with the provider's answers made up.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mock-AbCdEf" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/mock/0000000000000000"
      arn_suffix = "app/mock/0000000000000000"
      dns_name   = "mock.eu-central-1.elb.amazonaws.com"
      zone_id    = "Z215JYRZR1TBD5"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/mock/0000000000000000"
      arn_suffix = "targetgroup/mock/0000000000000000"
    }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/mock/0/0" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mock"
      domain_validation_options = [{
        domain_name           = "orders.example.com"
        resource_record_name  = "_x.orders.example.com"
        resource_record_type  = "CNAME"
        resource_record_value = "_y.acm-validations.aws"
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/mock/0" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/mock:1" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:eu-central-1:123456789012:cluster/mock", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/mock" }
  }
}

variables {
  project_name                = "shop"
  ghcr_username               = "Somebody"
  ghcr_pat                    = "ghp-secret"
  confluent_bootstrap_servers = "broker.example.com:9092"
  confluent_api_key           = "key-secret"
  confluent_api_secret        = "secret-secret"
  couchbase_host              = "cb.example.com"
  couchbase_username          = "ordermill"
  couchbase_password          = "password-secret"
  api_tokens                  = ["operator:0000000000000000000000000000000000000000000000000000000000000000"]
  domain_name                 = "orders.example.com"
  route53_zone_id             = "Z0000000000000000000"
}

run "names_of_the_contract" {
  command = apply

  assert {
    condition     = aws_ecs_cluster.this.name == "shop-cluster"
    error_message = "The cluster is <project_name>-cluster."
  }
  assert {
    condition     = toset([for secret in aws_secretsmanager_secret.this : secret.name]) == toset(["shop-ghcr-credentials", "shop-confluent-credentials", "shop-couchbase-credentials"])
    error_message = "There are the three secrets, and no other."
  }
  assert {
    condition     = toset(keys(jsondecode(aws_secretsmanager_secret_version.this["ghcr"].secret_string))) == toset(["username", "password"])
    error_message = "The ghcr secret has username and password."
  }
  assert {
    condition     = toset(keys(jsondecode(aws_secretsmanager_secret_version.this["confluent"].secret_string))) == toset(["bootstrap_servers", "api_key", "api_secret"])
    error_message = "The confluent secret has bootstrap_servers, api_key and api_secret."
  }
  assert {
    condition     = toset(keys(jsondecode(aws_secretsmanager_secret_version.this["couchbase"].secret_string))) == toset(["host", "bucket", "username", "password"])
    error_message = "The couchbase secret has host, bucket, username and password."
  }
  assert {
    condition     = toset(keys(aws_ecs_service.this)) == toset(["producer", "fraud", "payment", "analytics", "views", "backend"])
    error_message = "There is one service a program."
  }
  assert {
    condition     = length(data.aws_iam_policy_document.secrets.statement) == 1 && length(one(data.aws_iam_policy_document.secrets.statement).resources) <= 3 && one(data.aws_iam_policy_document.secrets.statement).actions == toset(["secretsmanager:GetSecretValue"])
    error_message = "The execution role reads the secrets and no more."
  }
}

run "containers" {
  command = apply

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : length(setsubtract(keys(jsondecode(task.container_definitions)[0]), ["name", "image", "command", "essential", "readonlyRootFilesystem", "stopTimeout", "repositoryCredentials", "environment", "secrets", "portMappings", "mountPoints", "healthCheck", "linuxParameters", "logConfiguration", "systemControls", "volumesFrom"])) == 0])
    error_message = "A container definition has a key that ECS does not know."
  }
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[0].readonlyRootFilesystem && jsondecode(task.container_definitions)[0].stopTimeout > 25 && jsondecode(task.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]])
    error_message = "Root file systems are read-only, capabilities dropped, and there is time to drain."
  }
  assert {
    condition     = alltrue(flatten([for task in aws_ecs_task_definition.this : [for secret in jsondecode(task.container_definitions)[0].secrets : can(regex("^arn:aws:secretsmanager:[^:]+:[^:]+:secret:[^:]+:[a-z_]+::$", secret.valueFrom))]]))
    error_message = "Secrets are <arn>:<json key>::"
  }
  assert {
    condition     = alltrue(flatten([for task in aws_ecs_task_definition.this : [for variable in jsondecode(task.container_definitions)[0].environment : !can(regex("-secret", variable.value))]]))
    error_message = "A secret is in the plain environment."
  }
  assert {
    condition     = toset([for secret in jsondecode(aws_ecs_task_definition.this["fraud"].container_definitions)[0].secrets : secret.name]) == toset(["KAFKA_BOOTSTRAP_SERVERS", "CONFLUENT_API_KEY", "CONFLUENT_API_SECRET"])
    error_message = "Fraud has the login of Kafka and not that of the store."
  }
  assert {
    condition     = length(jsondecode(aws_ecs_task_definition.this["payment"].container_definitions)[0].secrets) == 7
    error_message = "Payment has both logins."
  }
  assert {
    condition     = alltrue([for name, task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[0].command == ["run", name == "backend" ? "api" : name]])
    error_message = "The command chooses the program."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].portMappings[0].containerPort == aws_lb_target_group.backend.port
    error_message = "The load balancer asks another port than the container has."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].image == "ghcr.io/somebody/ordermill:latest"
    error_message = "Images come from GHCR, whose names are lower-case."
  }
}

run "the_way_in" {
  command = apply

  assert {
    condition     = aws_lb_target_group.backend.health_check[0].path == "/healthz" && aws_lb_target_group.backend.health_check[0].interval == 30
    error_message = "The health check is /healthz every 30 s."
  }
  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && aws_lb_listener.http.default_action[0].redirect[0].port == "443"
    error_message = "HTTP is sent on to HTTPS."
  }
  assert {
    condition     = aws_lb_listener.https.port == 443 && can(regex("TLS13-1-2", aws_lb_listener.https.ssl_policy))
    error_message = "TLS is 1.2 at least."
  }
  assert {
    condition     = alltrue([for service in aws_ecs_service.this : !service.network_configuration[0].assign_public_ip && !service.enable_execute_command && service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback])
    error_message = "Tasks have no public address and no shell, and a failed deployment is rolled back."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb) == 2 && output.url == "https://orders.example.com"
    error_message = "Only 80 and 443 are open."
  }
}

run "scaling_and_alarms" {
  command = apply

  assert {
    condition     = toset(keys(aws_appautoscaling_policy.lag)) == toset(["fraud", "payment", "analytics", "views"]) && toset(keys(aws_appautoscaling_policy.requests)) == toset(["backend"])
    error_message = "Consumers scale on their lag, the API on requests."
  }
  assert {
    condition     = alltrue([for target in aws_appautoscaling_target.this : target.min_capacity <= target.max_capacity])
    error_message = "A target has a minimum above its maximum."
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_log_group.service)) == toset(keys(aws_ecs_service.this)) && alltrue([for group in aws_cloudwatch_log_group.service : group.retention_in_days == 365])
    error_message = "Each service has a log group that is kept for a while."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "Every alarm goes to the topic."
  }
}

run "choices" {
  command = apply

  variables {
    use_spot           = true
    enable_waf         = true
    run_producer       = false
    vpc_id             = "vpc-1"
    public_subnet_ids  = ["subnet-1", "subnet-2"]
    private_subnet_ids = ["subnet-3"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/own"
    sizes              = { payment = { cpu = 1024, memory = 2048, min = 2, max = 10 } }
    access_logs_bucket = "logs-of-the-account"
    settings           = { ORDERMILL_PAYMENT_POLICY = "billable", ORDERMILL_COUCHBASE_DURABILITY = "none" }

    payment_gateway_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gateway-AbCdEf"
  }

  assert {
    condition     = toset([for name, secrets in local.task_secrets : name if lookup(secrets, "ORDERMILL_PAYMENT_GATEWAY_TOKEN", "") == "${var.payment_gateway_secret_arn}:token::"]) == toset(["payment", "backend"]) && one(one(data.aws_iam_policy_document.gateway_secret).statement).resources == toset([var.payment_gateway_secret_arn])
    error_message = "The gateway's secret is for those that charge and that say who does, and may be read."
  }

  assert {
    condition     = toset([for name, environment in local.environment : name if contains(keys(environment), "ORDERMILL_COUCHBASE_DURABILITY")]) == setsubtract(keys(local.environment), ["fraud"]) && alltrue([for environment in local.environment : environment.ORDERMILL_PAYMENT_POLICY == "billable"])
    error_message = "Settings are for all services; those of the store not for fraud, which has none."
  }

  assert {
    condition     = length(aws_vpc.this) == 0 && length(aws_acm_certificate.this) == 0 && aws_lb_listener.https.certificate_arn == var.certificate_arn
    error_message = "What is given is not made."
  }
  assert {
    condition     = one(aws_ecs_service.this["payment"].capacity_provider_strategy).capacity_provider == "FARGATE_SPOT" && one(aws_ecs_service.this["backend"].capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "Spot is for the services, not for the API."
  }
  assert {
    condition     = !contains(keys(aws_ecs_service.this), "producer") && length(aws_wafv2_web_acl_association.this) == 1 && aws_lb.this.access_logs[0].bucket == "logs-of-the-account" && aws_appautoscaling_target.this["payment"].max_capacity == 10
    error_message = "A choice has no effect."
  }
}

run "refuses_a_task_that_fargate_lacks" {
  command = plan
  variables {
    sizes = { fraud = { cpu = 256, memory = 4096 } }
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "refuses_to_serve_without_tls" {
  command = plan
  variables {
    domain_name = null
  }
  expect_failures = [aws_lb.this]
}

run "refuses_what_is_malformed" {
  command = plan
  variables {
    project_name                = "Shop_1"
    confluent_bootstrap_servers = "SASL_SSL://broker:9092"
    api_tokens                  = []
    log_retention_days          = 8
    allowed_cidrs               = ["everywhere"]
    sizes                       = { api = { min = 1 } }
    settings                    = { ORDERMILL_TOKENS = "operator:0" }
  }
  expect_failures = [var.project_name, var.confluent_bootstrap_servers, var.api_tokens, var.log_retention_days, var.allowed_cidrs, var.sizes, var.settings]
}
