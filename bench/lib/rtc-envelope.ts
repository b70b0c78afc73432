import protobuf from 'protobufjs'

/** The messages of hook calls as clients in the field have them. */
export const envelopeProto = `syntax = "proto3";
package gamend.realtime.v1;
message RtcEnvelope {
  oneof msg {
    RpcCall call_hook = 1;
    RpcReply hook_reply = 2;
    RpcError hook_error = 3;
  }
}
message RpcCall {
  uint32 id = 1;
  string plugin = 2;
  string fn = 3;
  oneof args {
    bytes args_json = 4;
    bytes args_raw = 5;
  }
  string key = 15;
}
message RpcReply {
  uint32 id = 1;
  oneof data {
    bytes data_json = 2;
    bytes data_raw = 3;
  }
}
message RpcError {
  uint32 id = 1;
  string error = 2;
}`

/** The envelope in an implementation that the server does not use for it. */
export const RtcEnvelope = protobuf.parse(envelopeProto, { keepCase: true }).root.lookupType('RtcEnvelope')
