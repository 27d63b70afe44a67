// The style of the button and the frame. Sizes in px: the page's own font size is none of ours.

export const STYLE = `
:host{all:initial!important}
.box{position:fixed;z-index:2147483000;right:20px;bottom:20px}
.box.left{right:auto;left:20px}
[hidden]{display:none!important}
button{all:unset;box-sizing:border-box;position:relative;display:grid;place-items:center;width:56px;height:56px;margin-left:auto;border-radius:50%;cursor:pointer;background:var(--guichet-color);color:var(--guichet-text);box-shadow:0 6px 20px rgb(0 0 0/.28);transition:transform .15s}
button:hover{transform:translateY(-2px)}
button:focus-visible{outline:3px solid var(--guichet-color);outline-offset:3px;box-shadow:0 0 0 3px #fff}
.left button{margin:0 auto 0 0}
svg{grid-area:1/1;width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
svg+svg,[aria-expanded=true] svg{visibility:hidden}
[aria-expanded=true] svg+svg{visibility:visible}
.badge{position:absolute;top:-4px;right:-4px;box-sizing:border-box;min-width:22px;height:22px;padding:0 5px;border-radius:11px;border:2px solid #fff;background:#c8102e;color:#fff;font:600 12px/18px system-ui,sans-serif;text-align:center}
iframe{display:block;box-sizing:border-box;width:400px;max-width:calc(100vw - 40px);height:min(660px,calc(100vh - 116px));height:min(660px,calc(100dvh - 116px));margin:0 0 14px;border:0;border-radius:16px;background:Canvas;color-scheme:normal;box-shadow:0 12px 48px rgb(0 0 0/.3)}
iframe.wide{width:760px;height:calc(100vh - 116px);height:calc(100dvh - 116px)}
@media (max-height:560px){
.box{bottom:8px}
iframe,iframe.wide{height:calc(100vh - 16px);height:calc(100dvh - 16px);margin:0}
[aria-expanded=true]{display:none}
}
@media (max-width:480px){
iframe,iframe.wide{position:fixed;inset:0;width:100vw;max-width:none;height:100vh;height:100dvh;border-radius:0;margin:0}
[aria-expanded=true]{display:none}
}
@media (prefers-reduced-motion:reduce){button{transition:none}button:hover{transform:none}}
@media (forced-colors:active){button,.badge,iframe{border:2px solid ButtonText}}
@media print{:host{display:none!important}}
`;
