import { area } from './area.ts';

/** The fit page on the bot's port: what its API refuses, and why it is not served. */
export const pageMessages = area({
  'error.page-not-built': {
    en: 'PAGE is set, but the page was never built: run npm run page:build.',
    'zh-CN': '设置了 PAGE，但页面尚未构建：请运行 npm run page:build。',
  },
  'error.page-host': {
    en: 'The page is not meant for this host name. Add it to PAGE_HOSTS.',
    'zh-CN': '该页面不接受此域名。请将其加入 PAGE_HOSTS。',
  },
  'error.page-origin': { en: 'Other sites may not use this page.', 'zh-CN': '不允许其他网站访问。' },
  'error.page-log-in': { en: 'Log in first.', 'zh-CN': '请先登录。' },
  'error.page-needs-token': {
    en: 'Only this machine itself may open the page. Set PAGE_TOKEN to open it from elsewhere.',
    'zh-CN': '只能在本机查看。要从别处查看，请设置 PAGE_TOKEN。',
  },
  'error.page-bad-login': { en: 'Enter the token.', 'zh-CN': '请输入令牌。' },
  'error.page-login-wrong': { en: 'The token is wrong.', 'zh-CN': '令牌不正确。' },
  'error.page-login-wait': {
    en: 'Too many wrong tokens. Try again in {seconds} seconds.',
    'zh-CN': '令牌错误次数过多。请在 {seconds} 秒后重试。',
  },
  'error.page-streams-full': {
    en: 'Too many browsers are watching, so this one is updated only now and then.',
    'zh-CN': '实时查看的浏览器太多，此页面改为定时刷新。',
  },
  'error.page-no-such-path': { en: 'There is nothing at this address.', 'zh-CN': '此地址没有内容。' },
  'error.page-no-such-method': { en: 'This address does not accept such requests.', 'zh-CN': '此地址不支持这种请求。' },
  'error.page-bad-query': { en: 'The parameter {name} is wrong.', 'zh-CN': '参数 {name} 不正确。' },
  'error.history-none': { en: 'There is no history of this server.', 'zh-CN': '没有此服务器的历史记录。' },
});
