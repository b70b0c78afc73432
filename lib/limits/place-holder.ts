/** A connection that can be asked whether its client is still there. */
interface Connection {
  readonly name: string
  /** When something last came from the client, on the clock's `now`. */
  readonly lastActivity: number
  /** The inode of its socket, by which the system tells what the client has not taken yet; undefined where it does not. */
  readonly inode?: string | undefined
  /** Asks the client for a sign of life, which makes {@link isAlive} true. */
  probe(): void
  readonly isAlive: boolean
}

/** Who holds one of the places that a user has for sockets; the holders of one user know each other. */
export interface PlaceHolder {
  older: PlaceHolder | undefined
  newer: PlaceHolder | undefined
  /** The connection of the socket; undefined while that is being opened. */
  readonly transport: Connection | undefined
  readonly isHeld: boolean
  /** Closes the socket, which gives the place back. */
  close(): void
}

/** Where clients wait for a place among those of one user. */
export interface PlaceWaiters {
  /**
   * Waits for a place, and takes it as soon as it is there; undefined when there is none.
   *
   * @param isGone whether the client went away, and needs none any more
   */
  wait<T>(takePlace: () => T, isGone: () => boolean): Promise<T | undefined>
  /** A place was given back. */
  placeFreed(): void
}
