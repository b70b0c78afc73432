import { createClient, type RedisClientOptions } from '@redis/client'

export type Client = ReturnType<typeof createClient>

let first: Client | undefined

/** Makes a client. The library would make a class with every command for each whose options are not the last one's. */
export function newClient(options: RedisClientOptions): Client {
  first ??= createClient()
  return first.duplicate(options)
}

/** Ends what a client does, and all that waits for it. */
export function destroy(client: Client): void {
  try {
    client.destroy()
  } catch {
    // Version 5 of the library refuses to destroy what is not open.
  }
}
