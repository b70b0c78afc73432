import { growth } from '../../../bench/questions/growth.js'
import { measures } from '../measured.js'

// The larger ones take their time to be filled.
const subjects = growth.subjects.filter(({ name }) => name === 'x 1' || name === 'x 10')

measures({ ...growth, subjects }, { of: 'topics' })
