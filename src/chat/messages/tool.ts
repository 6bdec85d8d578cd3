import { area } from './area.ts';

/** The command-line tool: its help, its man page, and what it refuses. */
export const toolMessages = area({
  'tool.description': {
    en: 'Does this model fit on these GPUs with this context? For Ollama and llama.cpp.',
    'zh-CN': '这些 GPU 能否以这个上下文运行这个模型？适用于 Ollama 和 llama.cpp。',
  },
  'tool.version': { en: 'print the version', 'zh-CN': '显示版本' },
  'tool.help': { en: 'show this help', 'zh-CN': '显示帮助' },
  'tool.help-command': { en: 'show the help of a command', 'zh-CN': '显示某个命令的帮助' },
  'tool.more-help': {
    en: 'headroom COMMAND --help tells more about a command. Settings come from the\nenvironment and from .env in the current folder.',
    'zh-CN': 'headroom 命令 --help 查看该命令的详细说明。设置取自环境变量和当前目录下的 .env。',
  },
  'tool.title.usage': { en: 'Usage:', 'zh-CN': '用法：' },
  'tool.title.arguments': { en: 'Arguments:', 'zh-CN': '参数：' },
  'tool.title.options': { en: 'Options:', 'zh-CN': '选项：' },
  'tool.title.commands': { en: 'Commands:', 'zh-CN': '命令：' },
  'tool.title.examples': { en: 'Examples:', 'zh-CN': '示例：' },
  'tool.title.exits': { en: 'Exit codes:', 'zh-CN': '退出码：' },
  'tool.fit': {
    en: 'say whether a model fits, and with how large a context',
    'zh-CN': '判断模型能否放下，以及最大的上下文',
  },
  'tool.fit.model': {
    en: 'a name (gemma3:12b, hf.co/org/repo:Q4_K_M), a .gguf file, or a model JSON',
    'zh-CN': '名称（gemma3:12b、hf.co/org/repo:Q4_K_M）、.gguf 文件或模型 JSON',
  },
  'tool.option.ctx': {
    en: 'context in tokens: 32768, 32k, 128K (default: what the server would take)',
    'zh-CN': '上下文 token 数：32768、32k、128K（默认：服务器会采用的值）',
  },
  'tool.option.gpus': {
    en: 'GPUs instead of those of the server: 2x4090, RTX 3090, 4x8GiB, 24GiB:22.1GiB (total:free)',
    'zh-CN': '代替服务器的 GPU：2x4090、RTX 3090、4x8GiB、24GiB:22.1GiB（总量:空闲）',
  },
  'tool.option.ollama': {
    en: 'version of Ollama, where no server tells it',
    'zh-CN': 'Ollama 版本（没有服务器可询问时）',
  },
  'tool.option.kv': { en: 'type of the KV cache', 'zh-CN': 'KV 缓存类型' },
  'tool.option.parallel': { en: 'requests served at the same time, 1 to 256', 'zh-CN': '并行数，1 到 256' },
  'tool.option.quant': {
    en: "quantization in place of the model's own: Q3_K_M",
    'zh-CN': '改用的量化，如 Q3_K_M',
  },
  'tool.option.sweep': {
    en: 'every usual quantization with its size and largest context',
    'zh-CN': '列出各种常用量化及其大小和最大上下文',
  },
  'tool.option.server': { en: 'one of the servers of SERVERS_FILE', 'zh-CN': 'SERVERS_FILE 中的服务器名' },
  'tool.option.json': { en: 'one JSON object instead of text', 'zh-CN': '输出一个 JSON 对象' },
  'tool.option.explain': {
    en: 'each figure with its formula and source as well',
    'zh-CN': '同时给出每个数字的公式和出处',
  },
  'tool.estimate': {
    en: 'answer JSON lines from standard input, one answer a line, at once',
    'zh-CN': '逐行读取标准输入中的 JSON，每行立即给出一行答案',
  },
  'tool.quantize': {
    en: 'say what a quantization of a model would weigh, tensor by tensor',
    'zh-CN': '给出模型量化后各张量的类型和大小',
  },
  'tool.quantize.to': {
    en: 'target of llama-quantize (Q3_K_M), or of ollama create (ollama:Q4_K_M)',
    'zh-CN': 'llama-quantize 的目标（Q3_K_M），或 ollama create 的目标（ollama:Q4_K_M）',
  },
  'tool.quantize.era': { en: 'whose rules', 'zh-CN': '采用哪一代的规则' },
  'tool.quantize.imatrix': { en: 'with an importance matrix', 'zh-CN': '使用重要性矩阵' },
  'tool.plan': {
    en: 'say whether several models fit on the GPUs at the same time, and with which contexts',
    'zh-CN': '判断多个模型能否同时放入 GPU，以及各自的上下文',
  },
  'tool.plan.models': {
    en: 'models, such as gemma3:12b@32k qwen3:8b! (@ context, ! keep it)',
    'zh-CN': '模型列表，如 gemma3:12b@32k qwen3:8b!（@ 上下文，! 固定）',
  },
  'tool.exit.together': { en: 'all of them fit together', 'zh-CN': '全部能同时放下' },
  'tool.exit.smaller': { en: 'together with shorter contexts', 'zh-CN': '缩短上下文后能同时放下' },
  'tool.exit.not-together': { en: 'not together', 'zh-CN': '无法同时放下' },
  'tool.explain-log': {
    en: 'read a log of Ollama or llama.cpp and say what happened and what would help',
    'zh-CN': '解读 Ollama 或 llama.cpp 的日志：发生了什么、怎么解决',
  },
  'tool.explain-log.file': { en: 'the log; without it, what comes on stdin', 'zh-CN': '日志文件；不写则读取标准输入' },
  'tool.start': {
    en: 'start the bot (with DISCORD_TOKEN), else the chat in this terminal',
    'zh-CN': '启动机器人（需设置 DISCORD_TOKEN），否则在此终端中聊天',
  },
  'tool.init': {
    en: 'set the bot up by questions: token, server, roles, Ollama, GPUs; writes .env',
    'zh-CN': '通过问答完成设置：令牌、服务器、角色、Ollama、GPU；写入 .env',
  },
  'tool.invite': {
    en: 'print the link that lets the bot into a Discord server',
    'zh-CN': '输出把机器人加入 Discord 服务器的链接',
  },
  'tool.exit.init': { en: '.env was written', 'zh-CN': '已写入 .env' },
  'init.welcome': {
    en: 'This sets Headroom up. Each answer is checked at once; Ctrl-C ends and leaves nothing behind.',
    'zh-CN': '现在开始设置 Headroom。每个回答都会立即验证；按 Ctrl-C 退出，不留任何文件。',
  },
  'init.replace': {
    en: 'There is already a {path}. Set Headroom up again and keep the old file beside it? [y/N]',
    'zh-CN': '已存在 {path}。是否重新设置，并在旁边保留旧文件？[y/N]',
  },
  'init.token-where': {
    en: "You find your bot's token at https://discord.com/developers/applications under Bot (Reset Token). Enter alone: no Discord, only the chat in the terminal.",
    'zh-CN':
      '机器人令牌在 https://discord.com/developers/applications 的 Bot 页面（Reset Token）。直接回车：不使用 Discord，只用终端聊天。',
  },
  'init.token': { en: 'Token (it is not shown):', 'zh-CN': '令牌（输入时不显示）：' },
  'init.token-shape': {
    en: 'This is not a token: it has letters, digits, dots and dashes, and no spaces.',
    'zh-CN': '这不是令牌：令牌只含字母、数字、点和短横线，没有空格。',
  },
  'init.bot': { en: 'Discord knows the bot as {name}.', 'zh-CN': 'Discord 已识别机器人：{name}。' },
  'init.no-token': { en: 'Without a token: the terminal chat.', 'zh-CN': '没有令牌：使用终端聊天。' },
  'init.invite': {
    en: 'Let it into your server by this link:\n  {link}',
    'zh-CN': '通过此链接把它加入你的服务器：\n  {link}',
  },
  'init.invited': { en: 'Enter when it is in:', 'zh-CN': '加入后按回车：' },
  'init.no-guild': { en: 'It is not in a server yet.', 'zh-CN': '它还不在任何服务器中。' },
  'init.guild': { en: 'Which server is it for (number)?', 'zh-CN': '服务哪个服务器（编号）？' },
  'init.operators': {
    en: 'Which roles may load and unload (numbers or names, commas between; Enter: none)?',
    'zh-CN': '哪些角色可以加载和卸载（编号或名称，用逗号分隔；回车：无）？',
  },
  'init.admins': {
    en: 'Which roles may pull, delete and override holds (Enter: none)?',
    'zh-CN': '哪些角色可以下载、删除并解除占用（回车：无）？',
  },
  'init.channel': {
    en: 'Which channel shall alerts go to (number or name; Enter: none)?',
    'zh-CN': '告警发到哪个频道（编号或名称；回车：无）？',
  },
  'init.no-such': { en: 'That is not in the list.', 'zh-CN': '列表中没有这一项。' },
  'init.ollama': {
    en: 'Where is Ollama (Enter: http://127.0.0.1:11434)?',
    'zh-CN': 'Ollama 的地址（回车：http://127.0.0.1:11434）？',
  },
  'init.gpus-forms': {
    en: 'The GPUs can be read by auto, nvidia-smi, amd, intel, apple, ssh://user@host, prometheus+http://host:9400/metrics, or declared: 2x4090, 4x8GiB.',
    'zh-CN':
      'GPU 读取方式：auto、nvidia-smi、amd、intel、apple、ssh://user@host、prometheus+http://host:9400/metrics，或直接写明：2x4090、4x8GiB。',
  },
  'init.gpus': { en: 'How are the GPUs read (Enter: auto)?', 'zh-CN': '如何读取 GPU（回车：auto）？' },
  'init.keep': { en: 'Keep this all the same? [y/N]', 'zh-CN': '仍然保留这一设置？[y/N]' },
  'init.kept': { en: 'The old settings are in {path}.', 'zh-CN': '旧设置保存在 {path}。' },
  'init.done': {
    en: '{path} is written; only you can read it. headroom doctor checks everything once more, headroom start starts the bot.',
    'zh-CN': '已写入 {path}，仅你可读。headroom doctor 可再检查一遍，headroom start 启动。',
  },
  'error.init-ended': { en: 'The input ended; nothing was written.', 'zh-CN': '输入已结束；未写入任何内容。' },
  'error.init-tries': {
    en: 'That went wrong {tries} times; nothing was written.',
    'zh-CN': '已失败 {tries} 次；未写入任何内容。',
  },
  'error.invite-no-token': {
    en: 'There is no DISCORD_TOKEN; headroom init asks for it.',
    'zh-CN': '没有 DISCORD_TOKEN；运行 headroom init 进行设置。',
  },
  'error.discord-token-refused': { en: 'Discord refused the token.', 'zh-CN': 'Discord 拒绝了该令牌。' },
  'error.env-exists': { en: '{path} already exists and was not changed.', 'zh-CN': '{path} 已存在，未作改动。' },
  'error.env-link': {
    en: '{path} is a link or not a plain file; it was not changed.',
    'zh-CN': '{path} 是链接或不是普通文件，未作改动。',
  },
  'error.env-unwritable': { en: '{path} cannot be written ({reason}).', 'zh-CN': '无法写入 {path}（{reason}）。' },
  'error.env-value': {
    en: 'The value of {variable} cannot be written to a .env file: it has a line break, or every kind of quotation mark.',
    'zh-CN': '{variable} 的值无法写入 .env：含有换行，或含有各种引号。',
  },
  'tool.backup': {
    en: 'write everything that the bot keeps to one file, while it runs',
    'zh-CN': '把机器人保存的全部数据写入一个文件，运行中也可以',
  },
  'tool.backup.file': { en: 'the file, which must not be there yet', 'zh-CN': '目标文件，必须尚不存在' },
  'tool.backup.done': { en: 'Backed up: {rows} rows, {size:bytes}.', 'zh-CN': '已备份：{rows} 行，{size:bytes}。' },
  'tool.restore': {
    en: 'put a backup into the store of these settings (DATABASE_URL or DATA_DIR); also moves SQLite to PostgreSQL',
    'zh-CN': '把备份放入设置所指的存储（DATABASE_URL 或 DATA_DIR）；也可用于从 SQLite 迁移到 PostgreSQL',
  },
  'tool.restore.file': { en: 'what headroom backup wrote', 'zh-CN': 'headroom backup 写出的文件' },
  'tool.restore.replace': { en: 'delete what is in the store now', 'zh-CN': '删除存储中现有的数据' },
  'tool.restore.done': { en: 'Restored: {rows} rows.', 'zh-CN': '已恢复：{rows} 行。' },
  'tool.doctor': {
    en: 'check the configuration, Ollama, the GPU source and Discord',
    'zh-CN': '检查配置、Ollama、GPU 来源和 Discord',
  },
  'tool.completion': { en: 'print a completion script for a shell', 'zh-CN': '输出 shell 的补全脚本' },
  'tool.completion.shell': { en: 'the shell', 'zh-CN': 'shell 名称' },
  'tool.exit.done': { en: 'done', 'zh-CN': '完成' },
  'tool.exit.failed': { en: 'failed: standard error says what is wrong', 'zh-CN': '失败：原因见标准错误输出' },
  'tool.exit.fits': { en: 'the model fits on the GPUs', 'zh-CN': '模型能放进 GPU' },
  'tool.exit.partial': {
    en: 'it fits in part: some layers stay in system memory',
    'zh-CN': '只能放下一部分：部分层留在系统内存',
  },
  'tool.exit.not': { en: 'it runs on the CPU alone, or is refused', 'zh-CN': '只能在 CPU 上运行，或被拒绝' },
  'tool.exit.estimate': {
    en: 'every line was answered; a bad line is answered by its error',
    'zh-CN': '每行都已回答；有误的行以错误作答',
  },
  'tool.exit.doctor': { en: 'nothing is wrong', 'zh-CN': '一切正常' },
  'error.tool-unknown-command': {
    en: 'There is no command {command}. headroom --help lists them.\nUsage: headroom COMMAND',
    'zh-CN': '没有命令 {command}。运行 headroom --help 查看全部命令。\n用法：headroom 命令',
  },
  'error.tool-unknown-command-near': {
    en: 'There is no command {command}. Did you mean {near}?\nUsage: headroom COMMAND',
    'zh-CN': '没有命令 {command}。是否想输入 {near}？\n用法：headroom 命令',
  },
  'error.tool-unknown-option': {
    en: 'There is no option {option}.\nUsage: {usage}',
    'zh-CN': '没有选项 {option}。\n用法：{usage}',
  },
  'error.tool-unknown-option-near': {
    en: 'There is no option {option}. Did you mean {near}?\nUsage: {usage}',
    'zh-CN': '没有选项 {option}。是否想输入 {near}？\n用法：{usage}',
  },
  'error.tool-missing-argument': {
    en: '{argument} is missing.\nUsage: {usage}',
    'zh-CN': '缺少 {argument}。\n用法：{usage}',
  },
  'error.tool-too-many-arguments': {
    en: 'There are too many arguments; put quotes around one that has spaces.\nUsage: {usage}',
    'zh-CN': '参数过多；含空格的参数请加引号。\n用法：{usage}',
  },
  'error.tool-option-value': {
    en: '{option} needs a value.\nUsage: {usage}',
    'zh-CN': '{option} 需要一个值。\n用法：{usage}',
  },
  'error.tool-choice': {
    en: '{option} cannot be {value}; it is one of {choices}.',
    'zh-CN': '{option} 不能是 {value}；可选：{choices}。',
  },
  'error.tool-arguments': {
    en: 'The arguments cannot be read: {why}\nUsage: {usage}',
    'zh-CN': '无法读取参数：{why}\n用法：{usage}',
  },
  'error.tool-node': {
    en: 'This command needs Node 24 or later; this is Node {version}. Install Node 24, or run npm install in the folder of headroom: it brings the right one along.',
    'zh-CN':
      '此命令需要 Node 24 或更高版本；当前为 Node {version}。请安装 Node 24，或在 headroom 目录运行 npm install，它会带来合适的版本。',
  },
});
