resource "aws_appautoscaling_target" "this" {
  for_each           = { for name, service in local.services : name => service if service.max > service.min }
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this[each.key].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = each.value.min
  max_capacity       = each.value.max
}

# The services publish the lag of their groups. Divided by the number of tasks it is what one of them has before it.
resource "aws_appautoscaling_policy" "lag" {
  for_each           = { for name, service in local.consumers : name => service if service.max > service.min }
  name               = "lag"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.lag_per_task
    scale_out_cooldown = 60
    # Each change of members makes a group pause for a moment.
    scale_in_cooldown = 600

    customized_metric_specification {
      metrics {
        id          = "lag"
        return_data = false
        metric_stat {
          stat = "Maximum"
          metric {
            namespace   = local.metrics_namespace
            metric_name = "LagRecords"
            dimensions {
              name  = "Project"
              value = var.project_name
            }
            dimensions {
              name  = "Group"
              value = each.value.group
            }
          }
        }
      }
      metrics {
        id          = "tasks"
        return_data = false
        metric_stat {
          stat = "Average"
          metric {
            namespace   = "ECS/ContainerInsights"
            metric_name = "RunningTaskCount"
            dimensions {
              name  = "ClusterName"
              value = aws_ecs_cluster.this.name
            }
            dimensions {
              name  = "ServiceName"
              value = aws_ecs_service.this[each.key].name
            }
          }
        }
      }
      metrics {
        id          = "lag_per_task"
        expression  = "lag / tasks"
        label       = "Records behind, by task"
        return_data = true
      }
    }
  }
}

resource "aws_appautoscaling_policy" "requests" {
  for_each           = { for name, service in local.services : name => service if name == "backend" && service.max > service.min }
  name               = "requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.requests_per_backend
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this.arn_suffix}/${aws_lb_target_group.backend.arn_suffix}"
    }
  }
}
