import { compilesApplications } from '../fixtures/consumer-types.js'

compilesApplications('bundler', 'esnext')
