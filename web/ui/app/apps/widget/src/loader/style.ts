// The launcher's style sheet. It lives in a shadow root, and `:host` carries `!important` because only that beats
// an `!important` rule of the page around it.
import { inkOn } from '../colour'

const bottom = 'max(20px,env(safe-area-inset-bottom))'

export const css = (colour: string, side: 'left' | 'right'): string => `
:host{all:initial!important;position:fixed!important;z-index:2147483647!important;display:block!important}
button{all:initial;box-sizing:border-box;position:fixed;bottom:${bottom};${side}:20px;width:56px;height:56px;border-radius:50%;
background:${colour};color:${inkOn(colour)};cursor:pointer;display:grid;place-items:center;
border:1px solid rgba(128,128,128,.4);box-shadow:0 4px 14px rgba(0,0,0,.25);transition:transform .15s;-webkit-tap-highlight-color:transparent}
button:hover{transform:scale(1.05)}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #18181b}
svg{width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
b{position:absolute;top:-5px;${side}:-5px;box-sizing:border-box;min-width:22px;height:22px;padding:0 6px;border-radius:11px;
background:#b91c1c;color:#fff;border:2px solid #fff;font:600 12px/18px system-ui,sans-serif;text-align:center}
b:empty{display:none}
i{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
iframe{position:fixed;bottom:calc(${bottom} + 68px);${side}:20px;width:384px;height:min(640px,calc(100vh - 108px));height:min(640px,calc(100dvh - 108px));
border:0;border-radius:12px;background:#fff;box-shadow:0 0 0 1px rgba(128,128,128,.3),0 8px 30px rgba(0,0,0,.22);
visibility:hidden;opacity:0;transform:translateY(8px);transition:opacity .15s,transform .15s,visibility .15s}
iframe.open{visibility:visible;opacity:1;transform:none}
@media (max-width:480px),(max-height:420px){iframe{top:0;bottom:auto;left:0;right:auto;width:100%;height:100vh;height:100dvh;border-radius:0}
.open~button{visibility:hidden}}
@media (prefers-color-scheme:dark){iframe{background:#18181b}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){button{border:2px solid ButtonText}iframe{border:1px solid}}
@media print{:host{display:none!important}}`
