// Builds the agent app and the widget into one dist directory and precompresses it.
// SWITCHBOARD_UI_OUT names the directory (default: dist); the widget goes to its `widget/` folder.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compress } from './compress.mjs'

const app = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.env.SWITCHBOARD_UI_OUT ?? resolve(app, 'dist'))
const vite = resolve(app, 'node_modules/vite/bin/vite.js')

mkdirSync(out, { recursive: true })
// The agent app first: it empties the directory.
for (const config of ['vite.agent.ts', 'vite.widget.ts']) {
  const run = spawnSync(process.execPath, [vite, 'build', '-c', config, '--logLevel', 'warn'], {
    cwd: app,
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'production', SWITCHBOARD_UI_OUT: out },
  })
  if (run.status !== 0) {
    console.error(`build failed: vite build -c ${config}`)
    process.exit(run.status ?? 1)
  }
}
const { files, before, after } = await compress(out)
console.log(`${out}: ${files} files compressed, ${Math.round(before / 1000)} kB -> ${Math.round(after / 1000)} kB (brotli)`)
