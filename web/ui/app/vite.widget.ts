// Builds the webchat widget into `<out>/widget`: the panel as a page with hashed assets, the loader as one classic script.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, defineConfig, type InlineConfig, type Plugin } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const outDir = `${process.env.SWITCHBOARD_UI_OUT || here('dist')}/widget`
const target = ['chrome107', 'firefox104', 'safari16']

const loader: InlineConfig = {
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: false,
    target,
    lib: {
      entry: here('apps/widget/src/loader/main.ts'),
      formats: ['iife'],
      name: 'switchboardLoader',
      fileName: () => 'loader.js',
    },
  },
}

/** The loader must be one file without imports, so it is a build of its own, run after the panel's. */
const alsoLoader: Plugin = {
  name: 'switchboard-widget-loader',
  apply: 'build',
  buildStart: () => rmSync(outDir, { recursive: true, force: true }),
  closeBundle: async () => void (await build(loader)),
}

export default defineConfig({
  root: here('apps/widget'),
  base: '/widget/',
  publicDir: false,
  plugins: [alsoLoader],
  build: {
    outDir,
    emptyOutDir: true,
    target,
    assetsInlineLimit: 0,
    // The preload helper would add link elements for nothing: the lazy parts have no imports of their own.
    modulePreload: false,
    rolldownOptions: { input: here('apps/widget/frame.html') },
  },
})
