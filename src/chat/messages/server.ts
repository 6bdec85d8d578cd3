import { area } from './area.ts';

/** What is wrong with a server's Ollama or GPUs: each state in its own words, and what to do. */
export const serverMessages = area({
  'error.unreachable': {
    en: 'Ollama cannot be reached. Is it running, and is the address right?',
    'zh-CN': '无法连接 Ollama。它在运行吗？地址正确吗？',
  },
  'error.unreachable.refused': {
    en: "Nothing answers at Ollama's address. Is it running? Other machines can reach it only if it was started with OLLAMA_HOST=0.0.0.0.",
    'zh-CN': 'Ollama 的地址上没有程序在监听。它在运行吗？要从其他机器访问，需以 OLLAMA_HOST=0.0.0.0 启动它。',
  },
  'error.unreachable.dns': {
    en: "Ollama's host name cannot be found. Check OLLAMA_HOST, or write the IP address.",
    'zh-CN': 'DNS 无法解析 Ollama 的主机名。请检查 OLLAMA_HOST，或改用 IP 地址。',
  },
  'error.unreachable.tls': {
    en: 'No secure connection to Ollama is possible. Ollama itself uses plain http: write http:// unless a proxy with a valid certificate is in front of it.',
    'zh-CN': '无法与 Ollama 建立安全连接。Ollama 本身只支持 http：除非前面有带有效证书的代理，否则请写 http://。',
  },
  'error.unreachable.connect-timeout': {
    en: "Ollama's machine does not answer. Is it on, and does a firewall let the bot through?",
    'zh-CN': 'Ollama 所在的机器没有响应。它开机了吗？防火墙放行机器人了吗？',
  },
  'error.unreachable.reset': {
    en: 'Ollama broke off the connection: it was ended or restarted just now. Try again in a moment.',
    'zh-CN': 'Ollama 断开了连接：它刚刚被终止或重启。请稍后再试。',
  },
  'error.unreachable.gateway': {
    en: 'The proxy answers, but Ollama behind it does not.',
    'zh-CN': '代理有响应，但它后面的 Ollama 没有。',
  },
  'error.unauthorized': {
    en: 'Ollama, or the proxy in front of it, refuses the credentials (401).',
    'zh-CN': 'Ollama 或其前面的代理拒绝了凭据（401）。',
  },
  'error.forbidden': {
    en: 'Refused (403), either by the proxy or by Ollama: on loopback it accepts only local host names.',
    'zh-CN': '被拒绝（403）：来自代理，或来自 Ollama（监听回环地址时只接受本地主机名）。',
  },
  'error.forbidden.host': {
    en: 'Refused (403): Ollama turns away host names that it does not know. Write its IP address in OLLAMA_HOST, or let the proxy send "Host: localhost".',
    'zh-CN':
      '被拒绝（403）：Ollama 不接受它不认识的主机名。请在 OLLAMA_HOST 中写 IP 地址，或让代理发送 "Host: localhost"。',
  },
  'error.not-found': { en: 'The server does not have this model.', 'zh-CN': '服务器上没有该模型。' },
  'error.busy': {
    en: 'Ollama is busy: its queue is full. Try again in a moment.',
    'zh-CN': 'Ollama 繁忙：队列已满。请稍后再试。',
  },
  'error.out-of-memory': { en: 'Ollama ran out of memory while loading.', 'zh-CN': 'Ollama 加载时内存不足。' },
  'error.needs-more-memory': {
    en: 'Ollama refuses it: it needs {neededBytes:bytes} of system memory, and {availableBytes:bytes} are available.',
    'zh-CN': 'Ollama 拒绝加载：需要 {neededBytes:bytes} 系统内存，可用 {availableBytes:bytes}。',
  },
  'error.runner-died': {
    en: "Ollama's runner ended in the middle of the load ({how}). Ollama's own log says why.",
    'zh-CN': 'Ollama 的运行进程在加载途中退出（{how}）。原因见 Ollama 自己的日志。',
  },
  'error.runner-died.memory': {
    en: "Ollama's runner ended in the middle of the load ({how}), as it does when memory runs out.",
    'zh-CN': 'Ollama 的运行进程在加载途中退出（{how}），通常是内存耗尽。',
  },
  'error.model-unloadable': {
    en: 'Ollama cannot load this model.',
    'zh-CN': 'Ollama 无法加载该模型。',
  },
  'error.model-unloadable.damaged': {
    en: "The model's file is damaged or incomplete. /delete it and /pull it again.",
    'zh-CN': '模型文件已损坏或不完整。请先 /delete 再 /pull。',
  },
  'error.model-unloadable.unsupported': {
    en: "This version of Ollama does not support the model's architecture. Update Ollama.",
    'zh-CN': '该版本的 Ollama 不支持此模型的架构。请更新 Ollama。',
  },
  'error.model-unloadable.either': {
    en: 'Ollama cannot load this model: either it does not support the architecture, or the file is damaged. /pull it again; if that does not help, update Ollama.',
    'zh-CN': 'Ollama 无法加载该模型：可能不支持其架构，也可能是文件已损坏。请重新 /pull；若仍不行，请升级 Ollama。',
  },
  'error.registry': {
    en: 'Ollama could not fetch it from the registry.',
    'zh-CN': 'Ollama 无法从仓库获取它。',
  },
  'error.registry.dns': {
    en: "The server cannot find the registry's host name. Does it have internet access and a working DNS?",
    'zh-CN': '服务器无法解析仓库的主机名。它能上网、DNS 正常吗？',
  },
  'error.registry.refused': {
    en: "Nothing answers at the registry's address.",
    'zh-CN': '仓库的地址上没有程序在监听。',
  },
  'error.registry.plain-http': {
    en: "The registry uses plain http. The bot's administrator can allow that for this host with PULL_INSECURE_HOSTS.",
    'zh-CN': '该仓库只使用明文 http。机器人的管理者可用 PULL_INSECURE_HOSTS 允许该主机。',
  },
  'error.registry.tls': {
    en: "The server does not trust the registry's certificate.",
    'zh-CN': '服务器不信任仓库的证书。',
  },
  'error.registry.timeout': {
    en: 'The registry did not answer the server in time.',
    'zh-CN': '仓库没有及时响应服务器。',
  },
  'error.too-old': {
    en: 'This version of Ollama is too old for it. Update Ollama.',
    'zh-CN': '该版本的 Ollama 太旧，请升级。',
  },
  'error.too-old.model': {
    en: 'The model needs a newer Ollama than this server has. Update Ollama.',
    'zh-CN': '该模型需要更新版本的 Ollama，请升级。',
  },
  'error.too-old.call': {
    en: 'This version of Ollama does not support this. Update Ollama.',
    'zh-CN': '该版本的 Ollama 不支持此操作，请升级。',
  },
  'error.canceled': { en: 'Canceled.', 'zh-CN': '已取消。' },
  'error.bad-answer': { en: "Ollama's answer cannot be read.", 'zh-CN': '无法读取 Ollama 的响应。' },
  'error.too-large': { en: "Ollama's answer is too large.", 'zh-CN': 'Ollama 的响应过大。' },
  'error.bad-answer.not-ollama': {
    en: 'Something other than Ollama answers at this address. Check OLLAMA_HOST.',
    'zh-CN': '该地址上的不是 Ollama。请检查 OLLAMA_HOST。',
  },
  'error.bad-answer.redirect': {
    en: "Ollama's address leads elsewhere (a redirect). Write the address it leads to.",
    'zh-CN': 'Ollama 的地址被重定向。请直接填写目标地址。',
  },
  'error.server-error.disk-full': {
    en: "The server's disk is full. /models sort:size shows what is large, /delete makes room.",
    'zh-CN': '服务器磁盘已满。/models sort:size 可查看占用，/delete 可腾出空间。',
  },
  'error.server-error.mlx': {
    en: 'This model needs MLX, which runs only on Apple hardware.',
    'zh-CN': '该模型需要 MLX，只能在 Apple 硬件上运行。',
  },
  'error.server-error.cloud': {
    en: 'The model runs in the cloud of ollama.com, which this server cannot reach.',
    'zh-CN': '该模型在 ollama.com 云端运行，而此服务器无法连接它。',
  },
  'error.timeout.load': {
    en: 'Ollama stopped the load: it made no progress for 5 minutes. The usual cause is a slow disk (OLLAMA_LOAD_TIMEOUT allows more).',
    'zh-CN': 'Ollama 已停止加载：5 分钟内没有进展。通常是磁盘太慢（可调大 OLLAMA_LOAD_TIMEOUT）。',
  },
  'error.server-error': {
    en: 'Ollama answered with an error. Its log says why.',
    'zh-CN': 'Ollama 返回了内部错误，原因见其日志。',
  },
  'error.bad-request': { en: 'Ollama does not accept this request.', 'zh-CN': 'Ollama 不接受该请求。' },
  'error.bad-host': {
    en: "Ollama's address cannot be used. Check OLLAMA_HOST.",
    'zh-CN': 'Ollama 的地址无效，请检查 OLLAMA_HOST。',
  },

  'ollama.down': { en: 'Ollama on {server} cannot be reached.', 'zh-CN': '无法连接 {server} 上的 Ollama。' },
  'ollama.hanging': {
    en: 'Ollama on {server} accepts the connection but does not answer.',
    'zh-CN': '{server} 上的 Ollama 能连接，但没有响应。',
  },
  'ollama.unauthorized': {
    en: 'Ollama on {server} refuses the credentials; check OLLAMA_API_KEY or the proxy.',
    'zh-CN': '{server} 上的 Ollama 拒绝了凭据；请检查 OLLAMA_API_KEY 或代理。',
  },
  'ollama.error': { en: 'Ollama on {server} answers with an error.', 'zh-CN': '{server} 上的 Ollama 返回错误。' },

  'gpu-error.driver-mismatch': {
    en: 'The NVIDIA driver was upgraded while the system was running: reboot the host, or reload the kernel module. Running models may still work.',
    'zh-CN': 'NVIDIA 驱动在系统运行期间升级过：请重启主机，或重新加载内核模块。正在运行的模型可能仍可工作。',
  },
  'gpu-error.driver-not-loaded': {
    en: 'The NVIDIA driver is not loaded on the host.',
    'zh-CN': '主机上未加载 NVIDIA 驱动。',
  },
  'gpu-error.no-devices': { en: 'The driver sees no GPU.', 'zh-CN': '驱动没有发现 GPU。' },
  'gpu-error.gpu-lost': {
    en: 'A GPU fell off the bus: reboot the host.',
    'zh-CN': '有一张 GPU 已从总线掉线，请重启主机。',
  },
  'gpu-error.gpu-handle': {
    en: 'A GPU ({pci}) does not answer and makes the others unreadable.',
    'zh-CN': '有一张 GPU（{pci}）没有响应，导致其他 GPU 也无法读取。',
  },
  'gpu-error.nvml-unknown': {
    en: 'The container lost its GPUs: restart it.',
    'zh-CN': '容器内已看不到 GPU，请重启容器。',
  },
  'gpu-error.nvml-library-missing': { en: "The driver's NVML library is missing.", 'zh-CN': '缺少驱动的 NVML 库。' },
  'gpu-error.no-permission': {
    en: "The bot's account may not read the GPUs.",
    'zh-CN': '运行机器人的账户无权读取 GPU。',
  },
  'gpu-error.inforom-corrupted': {
    en: 'A GPU reports a corrupted infoROM; its numbers may still be right.',
    'zh-CN': '有一张 GPU 报告 infoROM 损坏，数据可能仍然正确。',
  },
  'gpu-error.driver-too-old': { en: 'The driver is too old to tell anything.', 'zh-CN': '驱动太旧，无法查询。' },
  'gpu-error.not-installed': {
    en: '{command} is not installed where the bot runs, or not in its PATH.',
    'zh-CN': '机器人所在环境未安装 {command}，或不在 PATH 中。',
  },
  'gpu-error.timeout': {
    en: 'The GPUs did not answer within {seconds} s: the driver may be stuck.',
    'zh-CN': 'GPU 在 {seconds} 秒内没有响应，驱动可能卡住了。',
  },
  'gpu-error.still-hanging': {
    en: 'Reading the GPUs has been stuck for {seconds} s.',
    'zh-CN': '读取 GPU 已卡住 {seconds} 秒。',
  },
  'gpu-error.output-too-large': { en: 'The GPU source sends far too much data.', 'zh-CN': 'GPU 来源返回的数据过多。' },
  'gpu-error.output-cut': { en: 'The GPU report is incomplete.', 'zh-CN': 'GPU 报告不完整。' },
  'gpu-error.bad-rows': {
    en: '{rows} {rows:plural:row|rows} of the GPU source could not be read.',
    'zh-CN': 'GPU 来源有 {rows} 行无法读取。',
  },
  'gpu-error.command-failed': {
    en: 'The GPU tool failed (exit code {exit}).',
    'zh-CN': 'GPU 工具失败（退出码 {exit}）。',
  },
  'gpu-error.gpu-missing': {
    en: '{count} {count:plural:GPU|GPUs} seen earlier {count:plural:is|are} missing.',
    'zh-CN': '有 {count} 张之前能看到的 GPU 不见了。',
  },
  'gpu-error.gpu-unreadable': { en: 'GPU {gpu} does not report its memory.', 'zh-CN': '无法读取 GPU {gpu} 的显存。' },
  'gpu-error.gpu-mig': {
    en: 'GPU {gpu} is split by MIG, and Ollama gets one slice. Declare its size, such as GPU_SOURCE=1x20GiB.',
    'zh-CN': 'GPU {gpu} 已用 MIG 切分，Ollama 只能用其中一片。请写明这一片的大小，例如 GPU_SOURCE=1x20GiB。',
  },
  'gpu-error.pool-unknown': {
    en: '{gpu} is an integrated GPU that does not report how much system memory it may use. Declare it, such as GPU_SOURCE=1x96GiB.',
    'zh-CN': '{gpu} 是集成显卡，没有报告可用的系统内存大小。请写明，例如 GPU_SOURCE=1x96GiB。',
  },
  'gpu-error.ssh-host-key': {
    en: "The host's ssh key is unknown or has changed. Check known_hosts.",
    'zh-CN': '主机的 ssh 密钥未知或已更改；请检查 known_hosts。',
  },
  'gpu-error.ssh-auth': {
    en: 'The ssh login was refused. Check the key in authorized_keys.',
    'zh-CN': 'ssh 登录被拒绝；请检查 authorized_keys 中的密钥。',
  },
  'gpu-error.ssh-unreachable': { en: 'The host cannot be reached by ssh.', 'zh-CN': '无法通过 ssh 连接主机。' },
  'gpu-error.ssh-failed': { en: 'The ssh connection failed.', 'zh-CN': 'ssh 连接失败。' },
  'gpu-error.report-unknown': {
    en: 'The host does not answer with gpu-report. Install contrib/gpu-report as the forced command.',
    'zh-CN': '主机没有返回 gpu-report；请将 contrib/gpu-report 安装为强制命令。',
  },
  'gpu-error.host-without-gpus': {
    en: '{host} has nothing to read GPUs with: no nvidia-smi and no xpu-smi in its PATH, and no AMD or Intel card with memory of its own. Install the driver there.',
    'zh-CN':
      '{host} 上没有可用来读取 GPU 的工具：PATH 中没有 nvidia-smi 和 xpu-smi，也没有自带显存的 AMD 或 Intel 显卡。请在该主机上安装驱动。',
  },
  'gpu-error.http-status': { en: 'The exporter answers with status {status}.', 'zh-CN': '导出器返回状态 {status}。' },
  'gpu-error.http-unauthorized': { en: 'The exporter asks for a login.', 'zh-CN': '导出器要求登录。' },
  'gpu-error.http-unreachable': {
    en: 'The exporter cannot be reached ({reason}).',
    'zh-CN': '无法连接导出器（{reason}）。',
  },
  'gpu-error.not-metrics': {
    en: "The exporter's address serves a page without metrics.",
    'zh-CN': '导出器地址返回的不是指标页面。',
  },
  'gpu-error.several-hosts': {
    en: 'This page has the GPUs of several hosts ({hosts}). Name one behind #, such as …/metrics#node-a.',
    'zh-CN': '该页面包含多台主机的 GPU（{hosts}）。请在地址末尾用 # 指定一台，例如 …/metrics#node-a。',
  },
  'gpu-error.host-not-on-page': {
    en: 'This page has no GPU of {host}. Hosts on it: {hosts}.',
    'zh-CN': '该页面没有 {host} 的 GPU。页面上的主机：{hosts}。',
  },
  'gpu-error.no-known-metrics': {
    en: 'The exporter has no GPU metrics that Headroom knows.',
    'zh-CN': '导出器没有可识别的 GPU 指标。',
  },
  'gpu-error.exporter-failed': {
    en: 'The exporter itself could not read its GPUs.',
    'zh-CN': '导出器自身无法读取 GPU。',
  },
  'gpu-error.exporter-stale': {
    en: "The exporter's numbers are {seconds} s old.",
    'zh-CN': '导出器的数据是 {seconds} 秒前的。',
  },
  'gpu-error.query-failed': {
    en: 'The Prometheus server refused the query ({type}).',
    'zh-CN': 'Prometheus 服务器拒绝查询（{type}）。',
  },
  'gpu-error.not-json': { en: 'The GPU source did not answer with JSON.', 'zh-CN': 'GPU 来源返回的不是 JSON。' },
  'gpu-error.no-source': {
    en: 'No GPU source is set. Set GPU_SOURCE.',
    'zh-CN': '没有设置 GPU 来源，请设置 GPU_SOURCE。',
  },
  'gpu-error.source-elsewhere': {
    en: 'Ollama runs on another machine, so the GPUs here are the wrong ones. Set GPU_SOURCE (ssh, Prometheus, or sizes such as 4x8GiB).',
    'zh-CN':
      'Ollama 运行在另一台机器上，本机的 GPU 不算数。请设置 GPU_SOURCE（ssh、Prometheus，或 4x8GiB 这样的容量）。',
  },

  'gpu-note.memory-sum-off': {
    en: 'The parts of the memory do not add up to the total; the difference is {differenceBytes:bytes}.',
    'zh-CN': '显存各部分之和与总量相差 {differenceBytes:bytes}。',
  },
  'gpu-note.free-computed': {
    en: 'The source reports no free memory; total minus used is shown, which is slightly too high.',
    'zh-CN': '来源未提供空闲显存；显示的是总量减已用，略偏高。',
  },
  'gpu-note.total-computed': {
    en: 'The source reports no total; the sum of the parts is shown.',
    'zh-CN': '来源未提供总量；显示的是各部分之和。',
  },
  'gpu-note.owner-unknown': {
    en: 'A process that cannot be seen uses some of the memory.',
    'zh-CN': '有看不到的进程占用了部分显存。',
  },
  'gpu-note.no-permission': { en: 'Some numbers are hidden from this account.', 'zh-CN': '该账户看不到部分数据。' },
  'gpu-note.mig-sum-of-slices': {
    en: 'A GPU split by MIG shows the sum of its slices, which no single process can use.',
    'zh-CN': 'MIG 切分的 GPU 显示各切片之和，单个进程无法全部使用。',
  },
  'gpu-note.share-unknown': {
    en: 'The GPU does not report its share of the system memory.',
    'zh-CN': '没有报告可用的系统内存大小。',
  },
  'gpu-note.shared-with-system': { en: 'The memory is shared with the system.', 'zh-CN': '显存与系统内存共享。' },
  'gpu-note.declared': {
    en: 'The GPU sizes are declared, so what other programs use is not seen.',
    'zh-CN': 'GPU 容量是手动写明的，看不到其他程序的占用。',
  },
  'gpu-note.field-unreadable': { en: 'The driver does not report: {field}.', 'zh-CN': '驱动未提供：{field}。' },
  'gpu-state.ok': { en: 'ok', 'zh-CN': '正常' },
  'gpu-state.mig': { en: 'split by MIG', 'zh-CN': 'MIG 切分' },
  'gpu-state.uma': { en: 'shared memory', 'zh-CN': '共享内存' },
  'gpu-state.lost': { en: 'LOST', 'zh-CN': '掉线' },
  'gpu-state.unreadable': { en: 'unreadable', 'zh-CN': '无法读取' },

  'ps.description': { en: 'What is loaded, by whom, until when', 'zh-CN': '已加载的模型、由谁保留、到何时' },
  'ps.title': {
    en: "{count:int} {count:plural:model|models} loaded on {server}, {vram:bytes} of VRAM by Ollama's count.",
    'zh-CN': '{server} 上已加载 {count:int} 个模型，按 Ollama 的统计占用显存 {vram:bytes}。',
  },
  'ps.title.none': { en: 'Nothing is loaded on {server}.', 'zh-CN': '{server} 上没有加载任何模型。' },
  'ps.title.unknown': {
    en: 'Nobody can tell right now what is loaded on {server}.',
    'zh-CN': '目前不知道 {server} 上加载了什么。',
  },
  'ps.column.model': { en: 'model', 'zh-CN': '模型' },
  'ps.column.vram': { en: 'GiB', 'zh-CN': 'GiB' },
  'ps.column.gpu': { en: 'GPU', 'zh-CN': 'GPU' },
  'ps.column.ctx': { en: 'ctx', 'zh-CN': '上下文' },
  'ps.column.until': { en: 'stays', 'zh-CN': '剩余' },
  'ps.held': { en: '{holder} holds {model}.', 'zh-CN': '{model} 由 {holder} 保留。' },
  'ps.pinned': { en: 'pinned', 'zh-CN': '常驻' },
  'ps.stopping': { en: 'stopping', 'zh-CN': '正在卸载' },
  'ps.spilled': {
    en: '{model} is partly in system memory ({share:percent} on the GPU), so it is slow. /fit says which context fits.',
    'zh-CN': '{model} 有一部分在系统内存中（GPU 上占 {share:percent}），会很慢。/fit 可查询放得下的上下文。',
  },
  'ps.more': { en: 'And {count:int} more.', 'zh-CN': '另有 {count:int} 个。' },
  'ps.stale': { en: 'This is from {age:duration} ago.', 'zh-CN': '这是 {age:duration}前的数据。' },
  'ps.holds-unknown': { en: 'Who holds what cannot be read right now.', 'zh-CN': '暂时无法读取模型由谁保留。' },
  'ps.cloud': { en: 'cloud', 'zh-CN': '云端' },

  'vram.description': {
    en: 'GPU memory: who uses how much, now and over time',
    'zh-CN': 'GPU 显存：谁在用多少，以及变化趋势',
  },
  'option.window': { en: 'Time that the line chart covers', 'zh-CN': '折线图的时间范围' },
  'vram.title': {
    en: '{server}: {free:gib} of {total:gib} free, at most {largest:gib} of it on one GPU.',
    'zh-CN': '{server}：显存共 {total:gib}，空闲 {free:gib}，单张最多空闲 {largest:gib}。',
  },
  'vram.title.unknown': {
    en: 'The GPU memory of {server} is unknown right now.',
    'zh-CN': '目前没有 {server} 的显存数据。',
  },
  'vram.column.used': { en: 'used', 'zh-CN': '已用' },
  'vram.column.free': { en: 'free', 'zh-CN': '空闲' },
  'vram.column.total': { en: 'total', 'zh-CN': '总量' },
  'vram.column.ollama': { en: 'Ollama', 'zh-CN': 'Ollama' },
  'vram.column.others': { en: 'others', 'zh-CN': '其他' },
  'vram.column.temp': { en: '°C', 'zh-CN': '°C' },
  'vram.column.util': { en: 'load', 'zh-CN': '负载' },
  'vram.series.ollama': { en: 'Ollama', 'zh-CN': 'Ollama' },
  'vram.series.others': { en: 'other programs, driver', 'zh-CN': '其他程序和驱动' },
  'vram.series.reserved': { en: 'kept by the driver', 'zh-CN': '驱动保留' },
  'vram.series.free': { en: 'free', 'zh-CN': '空闲' },
  'vram.series.used': { en: 'used, by whom is unknown', 'zh-CN': '已用（占用者未知）' },
  'vram.models': { en: 'Loaded: {models}.', 'zh-CN': '已加载：{models}。' },
  'vram.reclaimable': {
    en: 'Without the idle models {free:gib} would be free, at most {largest:gib} of it on one GPU.',
    'zh-CN': '卸载空闲的模型后可空闲 {free:gib}，单张最多 {largest:gib}。',
  },
  'vram.bars': { en: 'GPU memory on {server}', 'zh-CN': '{server} 的 GPU 显存' },
  'vram.lines': { en: 'Used, last {window}', 'zh-CN': '最近 {window} 的已用显存' },
  'vram.history-away': {
    en: 'The history cannot be read right now.',
    'zh-CN': '暂时无法读取历史数据。',
  },
  'vram.no-history': {
    en: 'No history yet: it starts with the first minute.',
    'zh-CN': '还没有历史数据，从第一分钟起开始记录。',
  },
  'vram.source': {
    en: 'Read {age:duration} ago from {source} ({host}).',
    'zh-CN': '{age:duration}前读取自 {source}（{host}）。',
  },
  'vram.stale': { en: 'The GPU data is {age:duration} old.', 'zh-CN': 'GPU 数据是 {age:duration}前的。' },

  'models.description': {
    en: 'Models on the server, and the longest context of each that fits',
    'zh-CN': '服务器上的模型，以及各自放得下的最大上下文',
  },
  'option.sort': { en: 'Order', 'zh-CN': '排序' },
  'sort.name': { en: 'by name', 'zh-CN': '按名称' },
  'sort.size': { en: 'by size', 'zh-CN': '按大小' },
  'sort.ctx': { en: 'by longest context that fits', 'zh-CN': '按最大上下文' },
  'models.title': {
    en: '{count:int} {count:plural:model|models} on {server}, {bytes:bytes} on disk.',
    'zh-CN': '{server} 上有 {count:int} 个模型，占用磁盘 {bytes:bytes}。',
  },
  'models.title.unknown': {
    en: 'Nobody can tell right now which models are on {server}.',
    'zh-CN': '目前不知道 {server} 上有哪些模型。',
  },
  'models.column.size': { en: 'GiB', 'zh-CN': 'GiB' },
  'models.column.quant': { en: 'quant', 'zh-CN': '量化' },
  'models.column.trained': { en: 'trained', 'zh-CN': '训练' },
  'models.column.now': { en: 'now', 'zh-CN': '现在' },
  'models.column.empty': { en: 'empty', 'zh-CN': '空载' },
  'models.legend': {
    en: 'GiB on disk, and the longest context that fits: now, and with nothing loaded.',
    'zh-CN': 'GiB 为磁盘占用；右侧为放得下的最大上下文：现在、没有加载任何模型时。',
  },
  'models.page': { en: 'Page {page} of {pages}.', 'zh-CN': '第 {page}/{pages} 页。' },
  'models.next': { en: 'Next page', 'zh-CN': '下一页' },
  'models.previous': { en: 'Previous page', 'zh-CN': '上一页' },
});
