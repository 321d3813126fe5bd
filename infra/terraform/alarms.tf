resource "aws_sns_topic" "alarms" {
  name              = "${var.project_name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
  tags              = local.tags
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  project_dimension = { Project = var.project_name }
  load_balancer     = { LoadBalancer = aws_lb.this.arn_suffix }

  alarms = merge(
    {
      for name, service in local.consumers : "lag-${name}" => {
        about      = "${service.group} is far behind for 10 minutes: see the page Pipeline, and whether ${name} runs at its maximum."
        namespace  = local.metrics_namespace, metric = "LagSeconds", stat = "Maximum", threshold = 300, periods = 10, comparison = "GreaterThanThreshold", missing = "missing"
        dimensions = merge(local.project_dimension, { Group = service.group })
      }
    },
    {
      for name, service in local.services : "tasks-${name}" => {
        about      = "Fewer tasks of ${name} run than it has at least: see its events and its log."
        namespace  = "ECS/ContainerInsights", metric = "RunningTaskCount", stat = "Minimum", threshold = service.min, periods = 5, comparison = "LessThanThreshold", missing = "breaching"
        dimensions = { ClusterName = "${var.project_name}-cluster", ServiceName = name }
      }
    },
    {
      stuck = {
        about      = "A group has records before it and does not move: see the page Pipeline."
        namespace  = local.metrics_namespace, metric = "StuckPartitions", stat = "Maximum", threshold = 0, periods = 3, comparison = "GreaterThanThreshold", missing = "missing"
        dimensions = local.project_dimension
      }
      dead-letters = {
        about      = "There are dead letters that nobody has looked after: see the page Dead letters."
        namespace  = local.metrics_namespace, metric = "DeadLettersOpen", stat = "Maximum", threshold = 0, periods = 15, comparison = "GreaterThanThreshold", missing = "missing"
        dimensions = local.project_dimension
      }
      reconciliation = {
        about      = "The totals do not add up: see the page Reconciliation."
        namespace  = local.metrics_namespace, metric = "FailedChecks", stat = "Maximum", threshold = 0, periods = 2, comparison = "GreaterThanThreshold", missing = "missing"
        dimensions = local.project_dimension
      }
      unhealthy = {
        about      = "A task of the API does not answer the load balancer."
        namespace  = "AWS/ApplicationELB", metric = "UnHealthyHostCount", stat = "Maximum", threshold = 0, periods = 5, comparison = "GreaterThanThreshold", missing = "notBreaching"
        dimensions = merge(local.load_balancer, { TargetGroup = aws_lb_target_group.backend.arn_suffix })
      }
      errors = {
        about      = "The API answers with errors: see the log of backend."
        namespace  = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", stat = "Sum", threshold = 10, periods = 5, comparison = "GreaterThanThreshold", missing = "notBreaching"
        dimensions = local.load_balancer
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.project_name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat
  period              = 60
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags
}
