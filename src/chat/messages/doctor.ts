import { area } from './area.ts';

/** /doctor and `headroom doctor`: what was looked at, and what to do. */
export const doctorMessages = area({
  'doctor.description': {
    en: 'Checks Ollama and the GPU source, and says what to fix',
    'zh-CN': '检查 Ollama 和 GPU 来源，并说明如何修复',
  },
  'doctor.title.ok': { en: 'Everything that was checked works.', 'zh-CN': '检查的各项都正常。' },
  'doctor.title.warning': {
    en: '{count:int} {count:plural:thing|things} to look at.',
    'zh-CN': '有 {count:int} 项需要注意。',
  },
  'doctor.title.fault': {
    en: '{count:int} {count:plural:problem|problems} found.',
    'zh-CN': '发现 {count:int} 个问题。',
  },
  'doctor.level.ok': { en: 'ok', 'zh-CN': '正常' },
  'doctor.level.warning': { en: 'note', 'zh-CN': '注意' },
  'doctor.level.fault': { en: 'PROBLEM', 'zh-CN': '问题' },
  'doctor.of': { en: '{server}: ', 'zh-CN': '{server}：' },
  'doctor.config-ok': { en: 'The configuration is valid.', 'zh-CN': '配置有效。' },
  'doctor.config-fault': { en: '{variable}: {problem}', 'zh-CN': '{variable}：{problem}' },
  'doctor.ollama-up': { en: '{server}: Ollama {version} answers.', 'zh-CN': '{server}：Ollama {version} 有响应。' },
  'doctor.ollama-down': {
    en: '{server}: Ollama cannot be reached. Check OLLAMA_HOST, and that Ollama listens at that address.',
    'zh-CN': '{server}：无法连接 Ollama。请检查 OLLAMA_HOST 以及它是否监听该地址。',
  },
  'doctor.ollama-hanging': {
    en: '{server}: Ollama accepts the connection but does not answer. Its log says why.',
    'zh-CN': '{server}：Ollama 能连接，但没有响应。原因见其日志。',
  },
  'doctor.ollama-unauthorized': {
    en: '{server}: Ollama or its proxy refuses the credentials. Check OLLAMA_API_KEY and OLLAMA_HEADERS.',
    'zh-CN': '{server}：Ollama 或其代理拒绝了凭据。请检查 OLLAMA_API_KEY 和 OLLAMA_HEADERS。',
  },
  'doctor.ollama-error': {
    en: '{server}: something answers at OLLAMA_HOST, but it is not Ollama.',
    'zh-CN': '{server}：OLLAMA_HOST 上有响应，但不是 Ollama。',
  },
  'doctor.version-below-floor': {
    en: '{server}: Ollama {version} has known security holes. Update to {floor} or later.',
    'zh-CN': '{server}：Ollama {version} 存在已知安全漏洞。请升级到 {floor} 或更高版本。',
  },
  'doctor.version-unknown': {
    en: '{server}: Ollama reports version {version}; it is treated as the newest.',
    'zh-CN': '{server}：Ollama 报告版本 {version}；按最新规则处理。',
  },
  'doctor.gpus-read': {
    en: '{server}: {count} {count:plural:GPU|GPUs} read by {source}, {total:bytes} in all: {cards}.',
    'zh-CN': '{server}：通过 {source} 读到 {count} 张 GPU，共 {total:bytes}：{cards}。',
  },
  'doctor.gpus-read-at': {
    en: '{server}: {count} {count:plural:GPU|GPUs} read by {source} at {host}, {total:bytes} in all: {cards}.',
    'zh-CN': '{server}：通过 {source}（{host}）读到 {count} 张 GPU，共 {total:bytes}：{cards}。',
  },
  'doctor.gpus-untouched': {
    en: "{server}: loads never use these GPUs. Ollama uses {vram:bytes} on GPUs, but only {used:bytes} are used on the ones read here: GPU_SOURCE reads another machine, or other GPUs than Ollama's.",
    'zh-CN':
      '{server}：加载从未用到这些 GPU。Ollama 占用了 {vram:bytes} 显存，而这里读到的 GPU 只用了 {used:bytes}：GPU_SOURCE 读取的是另一台机器，或不是 Ollama 所用的 GPU。',
  },
  'doctor.gpus-none': {
    en: '{server}: no GPU is known. Set GPU_SOURCE; without it nobody can tell what fits.',
    'zh-CN': '{server}：没有 GPU 信息。请设置 GPU_SOURCE，否则无法判断能否放下。',
  },
  'doctor.gpus-declared': {
    en: '{server}: {count} {count:plural:GPU is|GPUs are} declared, {total:bytes} in all. What other programs use is not seen.',
    'zh-CN': '{server}：写明了 {count} 张 GPU，共 {total:bytes}。看不到其他程序的占用。',
  },
  'doctor.gpus-stale': {
    en: '{server}: the GPU data is {age:duration} old.',
    'zh-CN': '{server}：GPU 数据是 {age:duration}前的。',
  },
  'doctor.gpus-local-ollama-remote': {
    en: '{server}: Ollama runs on another machine, but GPU_SOURCE reads the GPUs of this one. Use ssh:// or an exporter.',
    'zh-CN': '{server}：Ollama 运行在另一台机器上，而 GPU_SOURCE 读取的是本机 GPU。请使用 ssh:// 或导出器。',
  },
  'doctor.kv-without-flash': {
    en: '{server}: a quantized cache needs OLLAMA_FLASH_ATTENTION=1; without it Ollama ignores or refuses it.',
    'zh-CN': '{server}：量化缓存需要 OLLAMA_FLASH_ATTENTION=1，否则 Ollama 会忽略或拒绝。',
  },
  'doctor.parallel-default': {
    en: '{server}: OLLAMA_NUM_PARALLEL is not set here; the default of this version is used.',
    'zh-CN': '{server}：这里没有设置 OLLAMA_NUM_PARALLEL，按该版本的默认值计算。',
  },
  'doctor.data-ok': { en: 'The data folder can be written.', 'zh-CN': '数据目录可写。' },
  'doctor.data-fault': {
    en: 'The data folder cannot be used ({code}). Check DATA_DIR, its permissions and the disk.',
    'zh-CN': '数据目录不可用（{code}）。请检查 DATA_DIR、权限和磁盘。',
  },
  'doctor.database-ok': { en: 'PostgreSQL answers.', 'zh-CN': 'PostgreSQL 有响应。' },
  'doctor.database-fault': {
    en: 'PostgreSQL cannot be used ({code}). Check DATABASE_URL.',
    'zh-CN': 'PostgreSQL 无法使用（{code}）。请检查 DATABASE_URL。',
  },
  'doctor.discord-none': {
    en: 'DISCORD_TOKEN is not set, so npm start opens the chat in the terminal.',
    'zh-CN': '未设置 DISCORD_TOKEN，npm start 会打开终端聊天。',
  },
  'doctor.discord-token': {
    en: 'Discord accepts the token; the bot is {user}.',
    'zh-CN': 'Discord 接受该令牌；机器人为 {user}。',
  },
  'doctor.discord-token-refused': {
    en: 'Discord refused the token. Copy it again from the developer portal.',
    'zh-CN': 'Discord 拒绝了令牌。请从开发者门户重新复制。',
  },
  'doctor.discord-unreachable': { en: 'Discord cannot be reached.', 'zh-CN': '无法连接 Discord。' },
  'doctor.discord-no-guild': {
    en: 'The bot is in no Discord server yet. Invite it with the scopes bot and applications.commands.',
    'zh-CN': '机器人尚未加入任何 Discord 服务器。请以 bot 和 applications.commands 权限邀请它。',
  },
  'doctor.discord-nobody-acts': {
    en: 'Nobody may load or change anything: set DISCORD_GUILD_IDS to your Discord server (those who manage it may act), or OPERATOR_ROLES and ADMIN_ROLES.',
    'zh-CN':
      '目前没有人可以加载或更改任何内容：请把 DISCORD_GUILD_IDS 设为你的 Discord 服务器（其管理者即可操作），或设置 OPERATOR_ROLES 和 ADMIN_ROLES。',
  },
  'doctor.discord-guild-missing': {
    en: 'The bot is not in the Discord server {guild} of DISCORD_GUILD_IDS.',
    'zh-CN': '机器人不在 DISCORD_GUILD_IDS 中的服务器 {guild}。',
  },
  'doctor.discord-permissions': {
    en: 'The permissions in {guild} are complete.',
    'zh-CN': '在 {guild} 中的权限齐全。',
  },
  'doctor.discord-permissions-missing': {
    en: 'In {guild} the bot lacks: {missing}.',
    'zh-CN': '在 {guild} 中缺少权限：{missing}。',
  },
});
