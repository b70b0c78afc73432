/** What the socket was given by `connect`; the application adds what it needs. */
export type Assigns = Record<string, unknown>
