// Writes `<file>.br` beside every text asset that gets at least 10 % smaller with brotli 11.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'

const TEXT = /\.(css|html|js|json|mjs|svg|txt|webmanifest)$/
const brotli = promisify(brotliCompress)

export async function compress(root) {
  const names = await readdir(root, { recursive: true, withFileTypes: true })
  const files = names.filter((f) => f.isFile() && TEXT.test(f.name)).map((f) => join(f.parentPath, f.name))
  const total = { files: 0, before: 0, after: 0 }
  await Promise.all(
    files.map(async (file) => {
      const body = await readFile(file)
      if (body.length < 512) return
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length }
      const small = await brotli(body, { params })
      if (small.length > body.length * 0.9) return
      await writeFile(`${file}.br`, small)
      total.files += 1
      total.before += body.length
      total.after += small.length
    }),
  )
  return total
}
