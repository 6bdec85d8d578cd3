import { render } from 'preact';
import { App } from './view/app.tsx';

// The bot says so in the page that it serves; hosted elsewhere there is nobody to ask.
const live = document.documentElement.dataset.live === undefined ? null : await import('./live/live.tsx');
render(<App live={live} />, document.getElementById('page')!);

if ('serviceWorker' in navigator) {
  // Without it the page works all the same, but not without a network.
  navigator.serviceWorker.register('./service-worker.js').catch(() => undefined);
}
