type Statement = Readonly<{ Action: string | readonly string[]; Resource: string | readonly string[]; Effect: string }>

type Container = Readonly<{
  name: string
  readonlyRootFilesystem?: boolean
  environment: readonly Readonly<{ name: string; value: string }>[]
  secrets: readonly Readonly<{ name: string; valueFrom: string }>[]
  portMappings: readonly Readonly<{ containerPort: number }>[]
  repositoryCredentials: Readonly<{ credentialsParameter: string }>
  logConfiguration: Readonly<{ options: Readonly<Record<string, string>> }>
}>

type Listener = Readonly<{
  Port: number
  SslPolicy: string
  Certificates?: readonly Readonly<{ CertificateArn: string }>[]
  DefaultActions: readonly Readonly<{
    Type: string
    TargetGroupArn?: string
    RedirectConfig?: Readonly<{ StatusCode: string; Protocol: string; Port: string }>
  }>[]
}>

type ScalingPolicy = Readonly<{
  PolicyName: string
  ResourceId: string
  TargetTrackingScalingPolicyConfiguration: Readonly<{ TargetValue: number }>
}>

/** As far as tests look at it; see aws_account.py. Names are those of the APIs. */
export type Account = Readonly<{
  secrets: readonly Readonly<{ Name: string; ARN: string; KmsKeyId: string; Value: Readonly<Record<string, string>> }>[]
  roles: readonly Readonly<{
    RoleName: string
    Arn: string
    Policies: readonly { Statement: readonly Statement[] }[]
  }>[]
  clusters: readonly Readonly<{ clusterName: string }>[]
  services: readonly Readonly<{
    serviceName: string
    taskDefinition: string
    loadBalancers: readonly Readonly<{ targetGroupArn: string; containerName: string; containerPort: number }>[]
  }>[]
  taskDefinitions: readonly Readonly<{
    family: string
    taskDefinitionArn: string
    executionRoleArn: string
    containerDefinitions: readonly Container[]
  }>[]
  listeners: readonly Listener[]
  targetGroups: readonly Readonly<{
    TargetGroupArn: string
    Port: number
    HealthCheckPath: string
    HealthCheckIntervalSeconds: number
  }>[]
  records: readonly Readonly<{ Name: string; Type: string; AliasTarget?: Readonly<{ DNSName: string }> }>[]
  loadBalancers: readonly Readonly<{ DNSName: string }>[]
  certificates: readonly Readonly<{ CertificateArn: string; DomainName: string; Status: string }>[]
  keys: readonly Readonly<{ Arn: string }>[]
  logGroups: readonly Readonly<{ logGroupName: string; retentionInDays?: number; kmsKeyId?: string }>[]
  alarms: readonly Readonly<{ AlarmName: string; AlarmActions: readonly string[]; OKActions: readonly string[] }>[]
  topics: readonly Readonly<{ TopicArn: string }>[]
  subscriptions: readonly Readonly<{ TopicArn: string; Protocol: string; Endpoint: string }>[]
  scalableTargets: readonly Readonly<{ ResourceId: string; MinCapacity: number; MaxCapacity: number }>[]
  scalingPolicies: readonly ScalingPolicy[]
}>
