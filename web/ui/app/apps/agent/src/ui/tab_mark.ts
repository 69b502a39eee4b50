// What the browser's tab says while one looks elsewhere: "(2) …" in the title and a dot on the icon.

const SIZE = 32

let plain: string | null = null
let marked: string | null = null

export async function mark_tab(title: string, count: number): Promise<void> {
  document.title = `${count ? `(${count}) ` : ''}${title}`
  const icon = document.querySelector<HTMLLinkElement>('link[rel~=icon]')
  if (!icon) return
  plain ??= icon.href
  if (count && !marked) marked = await with_dot(plain).catch(() => null)
  // The number may have changed while the icon was drawn.
  const dotted = document.title.startsWith('(')
  icon.href = dotted && marked ? marked : plain
  icon.dataset.unread = String(dotted)
}

async function with_dot(source: string): Promise<string> {
  const image = new Image(SIZE, SIZE)
  image.src = source
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE
  const paper = canvas.getContext('2d')
  if (!paper) throw new Error('no canvas')
  paper.drawImage(image, 0, 0, SIZE, SIZE)
  paper.beginPath()
  paper.arc(SIZE - 8, 8, 8, 0, 2 * Math.PI)
  paper.fillStyle = '#dc2626'
  paper.fill()
  return canvas.toDataURL('image/png')
}
