/** What `fastify-phoenix load --help` prints. */
export const loadHelp = `Puts load on a server of Phoenix Channels, and says how it did.

Usage: fastify-phoenix load --url ws://127.0.0.1:4000/socket [--scenario <name>] [options]

Scenarios
  hook       clients of user:<id> call a hook, --rate calls a second (the default)
  broadcast  members of rooms push, --rate messages a second; all others of the room are to hear each once
  joins      clients connect, join, stay, leave and come again: all at once, or --rate of them a second
  presence   members of rooms leave and join again, --rate changes a second; the others are to see each once
  idle       clients send heartbeats alone
  recover    members of rooms with history are cut off and come back, while --rate messages a second are sent;
             each is to hear each once and in order, or to be told that it cannot

All scenarios
  --url <url>            the socket, without /websocket; http and https are taken for ws and wss;
                         more than once: one for each node of a cluster, clients take turns
  --scenario <name>      what is done (hook)
  --recover              the same as --scenario recover
  --clients <number>     clients that are connected (10)
  --duration <seconds>   for how long (10; idle: 60)
  --user <id>            who a client is; {n} in it is its number (load{n})
  --params <json>        connect parameters, an object of strings; {n} as in --user ({})
  --token-file <file>    connect parameter "token", from a file; LOAD_TOKEN in the environment is the same
  --token <text>         the same as it is: everybody on the machine can see it in the list of processes
  --dev-login            each client gets its token from the reference server's POST /dev/token
  --source <addresses>   of this machine, to connect from in turns: 127.0.0.2-127.0.0.20, 10.0.0.0/28,
                         or several with commas (on loopback as many as the ports take)
  --fail-if <threshold>  what the load fails by, as p99>50; more than once
  --interval <seconds>   of the figures over time (1, or more where that were over 600 of them)
  --json <file>          writes the report there, too, or why there is none
  --svg <file>           draws latency and throughput over time
  --help                 prints this

hook, broadcast, joins, presence, recover
  --rate <number>        operations a second, of all clients together (100; joins: all at once;
                         broadcast, presence and recover 10)

all but joins
  --ramp-up <seconds>    over which the clients connect, before the first operation (0: as fast as they can)

hook
  --transport <name>     websocket or datachannel (websocket)
  --hook <plugin.fn>     what is called (demo.echo)
  --args <json>          list of its arguments (["hello"])

broadcast, joins, presence, recover, and idle with a --topic
  --topic <topic>        what is joined; {n} in it is the number of the room (room:load{n}; idle: nothing)
  --join-params <json>   parameters of the join, an object ({})
  --room-size <number>   clients in a room (10; joins and idle: 1)

broadcast, recover
  --event <event>        what is pushed (shout)
  --heard-event <event>  what the others hear then (the same)
  --payload <json>       of the push, an object; {id} in it marks the message ({"text":"{id}"})
  --bytes <number>       of the payload, which is made that long behind its {id} (as many as it takes)

joins, recover
  --stay <seconds>       for which a client stays (1; recover: 3, on average)

recover
  --away <seconds>       for which a client is away, on average (1)

presence
  --presence-key <key>   by which the server has a client present; {n} as in --user (the user)

idle
  --heartbeat <seconds>  between two of a client (30)

Thresholds are metric, comparison (> >= < <= == !=) and number. Metrics: min, mean, p50, p90, p95, p99,
p999 and max of the latency in milliseconds, the same with connect_ or join_ before them, last_ (until the
last of a room has heard), state_ (until who came has the list), recovery_ (until who comes back has what
it missed); rate, sent, done, errors, error_rate,
unanswered, lost, not_connected; heard, missing, missing_rate and doubled; recovered, unrecovered, replayed,
forgone, disordered and cut. Those that count what went wrong fail a load from one on unless you give others:
what a server says that it cannot give back (unrecovered, forgone) is none of them.

Latency counts from the moment in which an operation was meant to begin. SIGINT ends the load early.
Exit status: 0 when no threshold was crossed, 1 when one was, 2 when there was no load at all, or no report
of it.`
