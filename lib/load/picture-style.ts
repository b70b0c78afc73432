/** A colour on a light page, and on a dark one. */
export interface Shades {
  readonly light: string
  readonly dark: string
}

export const paper: Shades = { light: '#ffffff', dark: '#0d1117' }
export const ink: Shades = { light: '#1f2328', dark: '#e6edf3' }
export const faint: Shades = { light: '#d1d9e0', dark: '#3d444d' }

/** Colours that can be told apart without seeing red and green, on white and on black (Okabe and Ito). */
export const palette = {
  blue: '#0072b2',
  orange: '#e69f00',
  green: '#009e73',
  pink: '#cc79a7',
  sky: '#56b4e9',
  red: '#d55e00'
} as const
