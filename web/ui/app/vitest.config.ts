// Unit tests: packages in node, no browser.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  resolve: {
    alias: {
      '@switchboard/protocol': path('./packages/protocol/protocol.ts'),
      '@switchboard/core': path('./packages/core/index.ts'),
      '@switchboard/i18n/api': path('./packages/i18n/api.ts'),
      '@switchboard/i18n/settings': path('./packages/i18n/settings.ts'),
      '@switchboard/i18n': path('./packages/i18n/index.ts'),
    },
  },
  test: { include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'unit/**/*.test.ts'], pool: 'forks', maxWorkers: 1 },
})
