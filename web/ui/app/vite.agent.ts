// Vite configuration of the agent inbox: served at `/`, assets under `/assets/`.
import { fileURLToPath } from 'node:url'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const server = process.env.SWITCHBOARD_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: path('./apps/agent'),
  base: '/',
  plugins: [
    vue(),
    ui({
      // Components and composables are imported by name, so nothing is generated into the source tree.
      autoImport: false,
      components: false,
      dts: false,
      colorMode: false,
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'], globExclude: ['node_modules'] } } },
      ui: {
        colors: { primary: 'teal', neutral: 'zinc', success: 'green', warning: 'amber', error: 'red', info: 'sky' },
        button: {
          slots: { base: 'cursor-pointer' },
          // The paler hover of the default is too weak for white text.
          compoundVariants: [{ color: 'primary', variant: 'solid', class: 'hover:bg-primary hover:brightness-95 active:bg-primary' }],
        },
      },
    }),
  ],
  resolve: {
    alias: {
      '@switchboard/protocol': path('./packages/protocol/protocol.ts'),
      '@switchboard/core': path('./packages/core/index.ts'),
      '@switchboard/i18n/api': path('./packages/i18n/api.ts'),
      '@switchboard/i18n/settings': path('./packages/i18n/settings.ts'),
      '@switchboard/i18n': path('./packages/i18n/index.ts'),
    },
  },
  build: {
    outDir: process.env.SWITCHBOARD_UI_OUT ?? path('./dist'),
    emptyOutDir: true,
    assetsDir: 'assets',
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: {
      '/api': { target: server },
      '/ws': { target: server, ws: true },
      '/w': { target: server },
      '/widget': { target: server },
    },
  },
})
