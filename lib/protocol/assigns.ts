/** What the socket was given by `connect`; the application adds what it needs. */
export type Assigns = Record<string, unknown>

/** Assigns as handlers see them: those of which nothing is known but that they are an object may have anything. */
export type AssignsOf<A extends object> = object extends A ? Assigns : A

/** What may stand for assigns of a type: any object where nothing is known. An interface has no index signature. */
export type AssignsLike<A extends object> = Assigns extends A ? object : A
