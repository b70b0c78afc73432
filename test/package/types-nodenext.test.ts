import { compilesApplications } from '../fixtures/consumer-types.js'

compilesApplications('nodenext', 'nodenext')
