import { render } from 'preact';
import { App } from './view/app.tsx';

render(<App />, document.getElementById('page')!);

if ('serviceWorker' in navigator) {
  // Without it the page works all the same, but not without a network.
  navigator.serviceWorker.register('./service-worker.js').catch(() => undefined);
}
