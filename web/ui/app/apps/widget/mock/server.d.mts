// Types of the mock for the specs.
import type { Server } from 'node:http'

export function startMock(port?: number, dist?: string): Promise<Server>
