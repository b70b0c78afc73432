/** What spans and measures have on them. */
export const attributes = {
  path: 'phoenix.path',
  transport: 'phoenix.transport',
  pattern: 'phoenix.pattern',
  topic: 'phoenix.topic',
  event: 'phoenix.event',
  label: 'phoenix.label',
  plugin: 'phoenix.hook.plugin',
  function: 'phoenix.hook.function',
  receivers: 'phoenix.receivers',
  local: 'phoenix.local',
  result: 'phoenix.result',
  kind: 'phoenix.kind',
  limit: 'phoenix.limit',
  // Of the semantic conventions of OpenTelemetry.
  errorType: 'error.type',
  rpcSystem: 'rpc.system.name',
  rpcMethod: 'rpc.method',
  messagingSystem: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.template'
} as const
