output "url" {
  description = "Address of the page and the API."
  value       = "https://${coalesce(var.domain_name, aws_lb.this.dns_name)}"
}

output "load_balancer_dns_name" {
  description = "For a DNS record of one's own."
  value       = aws_lb.this.dns_name
}

output "cluster_name" {
  description = "ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "ECS services."
  value       = [for service in aws_ecs_service.this : service.name]
}

output "secret_arns" {
  description = "The three secrets, by what they log in to."
  value       = local.secret_arns
}

output "execution_role_arn" {
  description = "Role with which ECS starts the tasks."
  value       = aws_iam_role.execution.arn
}

output "log_groups" {
  description = "Log group of each service."
  value       = { for name, group in aws_cloudwatch_log_group.service : name => group.name }
}

output "alarm_topic_arn" {
  description = "SNS topic of the alarms."
  value       = aws_sns_topic.alarms.arn
}

output "vpc_id" {
  description = "The VPC that is used."
  value       = local.vpc_id
}
