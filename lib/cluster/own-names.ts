/** What names of this package begin with, among those that applications give: of surveys and of trackers. */
export const ownNames = 'phx:'
