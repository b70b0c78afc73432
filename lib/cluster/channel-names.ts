/** The channel that every node hears. */
export const control = 'c'

export const channelOf = (topic: string): string => `t:${topic}`
export const channelOfNode = (name: string): string => `n:${name}`
