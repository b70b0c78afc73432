/** What the chart's calls carry, so that the log of frames knows them and their answers. */
export const measuredMark = 'round trip'
