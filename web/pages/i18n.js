// All texts of the pages, Chinese first.
import * as prefs from './prefs.js';

export const state = {locale: 'zh-CN', configured: 'zh-CN'};

// The viewer's choice, else what the centre has configured.
export function setLocale(configured) {
  const chosen = prefs.get('locale');
  state.configured = configured ?? state.configured;
  state.locale = chosen === 'en' || chosen === 'zh-CN' ? chosen : state.configured;
  document.documentElement.lang = state.locale;
}

const texts = {
  duban: ['督办', 'duban'],
  board: ['看板', 'Board'], mine: ['我的办件', 'My cases'], overview: ['统计', 'Overview'],
  delivery: ['发送', 'Delivery'], wall: ['大屏', 'Wall'],
  skip: ['跳到正文', 'Skip to content'],
  navigation: ['页面', 'Pages'],
  login: ['登录', 'Log in'], logout: ['退出', 'Log out'], user: ['用户名', 'User name'],
  password: ['密码', 'Password'], loginLead: ['政务服务办件时限督办', 'Deadline supervision for service centres'],
  loginWrong: ['用户名或密码不对', 'Wrong user name or password'],
  loginWait: ['尝试次数过多，请一刻钟后再试', 'Too many tries; try again in a quarter of an hour'],
  loginForm: ['页面已过期，请再试一次', 'The page had expired; please try again'],
  loginBusy: ['暂时无法登录，请稍后再试', 'Logging in isn’t possible just now; try again shortly'],
  language: ['English', '中文'], languageHint: ['Switch to English', '切换为中文'],
  themeAuto: ['配色：跟随系统', 'Colours: system'], themeLight: ['配色：浅色', 'Colours: light'],
  themeDark: ['配色：深色', 'Colours: dark'],
  notifyOn: ['桌面提醒：开', 'Notify: on'], notifyOff: ['桌面提醒：关', 'Notify: off'],
  soundOn: ['声音：开', 'Sound: on'], soundOff: ['声音：关', 'Sound: off'],
  notifyDenied: ['浏览器不允许桌面提醒', 'The browser doesn’t allow notifications'],
  options: ['设置', 'Settings'],
  live: ['实时', 'Live'], connecting: ['正在连接', 'Connecting'], lost: ['连接中断，正在重连', 'Connection lost, reconnecting'],
  staleData: ['数据库暂不可用', 'Database away'], dataAge: ['数据 {age}前', 'data {age} old'],
  lostSince: ['连接中断，显示的是 {time} 的数据；正在自动重连，不用刷新', 'Connection lost: this is the data of {time}. It reconnects by itself'],
  staleSince: ['数据库暂不可用，显示的是 {time} 的数据；恢复后自动更新', 'The database is away: this is the data of {time}. It goes on by itself'],
  ageSeconds: ['{n}秒', '{n} s'], ageMinutes: ['{n}分钟', '{n} min'], ageHours: ['{n}小时', '{n} h'],
  ageDays: ['{n}天', '{n} d'],
  minutesSeconds: ['{m}分{s}秒', '{m} min {s} s'], hoursMinutes: ['{h}小时{m}分', '{h} h {m} min'],
  suspended: ['停表', 'suspended'], leftDays: ['剩{n}个工作日', '{n|working day|working days} left'],
  leftToday: ['今日到期', 'due today'], lateDays: ['超期{n}个工作日', '{n|working day|working days} late'],
  lateToday: ['今日超期', 'late since today'], workhours: ['工作时间 {text}', '{text} of working time'],
  levels: ['各级别办件数', 'Cases per level'], allCases: ['全部', 'All'],
  cases: ['{n}件', '{n|case|cases}'], openCases: ['在办办件，最紧急的在前', 'Open cases, the most urgent first'],
  countedAt: ['数据截至 {time}，正在更新', 'Data as of {time}, being brought up to date'],
  level: ['级别', 'Level'], caseNo: ['办件编号', 'Case'], item: ['事项', 'Item'], window: ['窗口', 'Window'],
  department: ['部门', 'Department'], stage: ['环节', 'Stage'], kind: ['类型', 'Kind'],
  accepted: ['受理', 'Accepted'], due: ['到期', 'Due'], left: ['剩余', 'Time left'], received: ['收件', 'Received'],
  clock: ['时限', 'Clock'], search: ['查找', 'Search'], searchHint: ['编号或事项', 'Number or item'],
  filters: ['筛选', 'Filters'], any: ['不限', 'any'], clear: ['清除', 'Clear'],
  previous: ['上一页', 'Back'], next: ['下一页', 'More'], page: ['第{n}页', 'Page {n}'],
  firstPage: ['第一页', 'First page'],
  total: ['共{n}件', '{n|case|cases}'], itemOnly: ['只看此事项', 'this item only'],
  acknowledgedMark: ['已签收', 'acknowledged'], withdrawnMark: ['已摘牌', 'withdrawn'],
  nowAt: ['{case}：{level}', '{case}: {level}'],
  manyChanged: ['{n}件办件的级别有变化', '{n|case has|cases have} changed level'],
  loading: ['正在读取…', 'Loading…'],
  empty: ['没有符合条件的办件', 'No case fits'], emptyAll: ['没有在办办件', 'No open cases'],
  emptyHint: ['换个条件，或清除筛选', 'Change the filters, or clear them'],
  emptyAllHint: ['有新办件时会自动出现', 'New ones appear by themselves'],
  away: ['暂时读不到数据', 'The data can’t be read just now'],
  awayHint: ['数据库或网络暂时不可用。页面会自动重试，不用刷新。', 'The database or the network is away. This page tries again by itself.'],
  retryIn: ['{n}秒后重试', 'again in {n} s'], retry: ['立即重试', 'Try now'],
  tooMany: ['请求过于频繁，稍候自动继续', 'Too many requests; going on in a moment'],
  notFound: ['没有这个办件', 'There is no such case'],
  notFoundHint: ['编号不对，或不在您的范围内。', 'The number is wrong, or the case isn’t in your part.'],
  forbidden: ['您没有此项权限', 'This is not yours to see'],
  failed: ['出错了', 'Something went wrong'], back: ['返回', 'Back'], close: ['关闭', 'Close'],
  caseTitle: ['办件 {case}', 'Case {case}'], facts: ['基本情况', 'Facts'], status: ['状态', 'State'],
  projectClass: ['项目类别', 'Project class'], parent: ['所属联办件', 'Part of'], parts: ['并联办件', 'Parts'],
  clocks: ['时限', 'Clocks'], timeline: ['时限与日历', 'Clocks and calendar'],
  timelineCaption: ['每日是否计入时限', 'Which days count'],
  day: ['日期', 'Day'], today: ['今天', 'today'], dueMark: ['到期', 'due'], startMark: ['起', 'start'],
  dayWorking: ['计', '✓'], dayRest: ['休', '–'], dayHoliday: ['节', 'H'], dayMakeup: ['班', '✓+'],
  daySuspended: ['停', '‖'], dayAfter: ['超', 'late'],
  legendWorking: ['工作日，计入', 'working day, counted'], legendRest: ['休息日', 'day of rest'],
  legendHoliday: ['节假日', 'holiday'], legendMakeup: ['调休上班，计入', 'make-up working day, counted'],
  legendSuspended: ['停表，不计', 'suspended, not counted'], legendLate: ['已超期', 'late'],
  legendDue: ['到期日', 'due day'],
  ledger: ['台账', 'Ledger'], event: ['事件', 'Event'], at: ['时间', 'At'], told: ['告知', 'Told'],
  detail: ['说明', 'Detail'], noEvents: ['还没有台账记录', 'Nothing in the ledger yet'],
  messages: ['消息', 'Messages'], noMessages: ['没有发出过消息', 'Nothing was sent'],
  recipient: ['接收方', 'Recipient'], channel: ['渠道', 'Channel'], address: ['地址', 'Address'],
  course: ['发送经过（{n}）', 'How it went ({n})'], tryNumber: ['第{n}次：', 'try {n}: '], tookMs: ['用时{n}毫秒', '{n} ms'],
  receiptStep: ['回执：', 'receipt: '], code: ['代码 {code}', 'code {code}'],
  receipt: ['回执', 'Receipt'], attempts: ['次数', 'Attempts'],
  explanation: ['时限依据', 'How it was computed'], noExplanation: ['本中心未启用时限说明', 'Explanations aren’t set up here'],
  silences: ['静默', 'Silences'], silenceLine: ['{from} 至 {until}，{author}：{reason}', '{from} to {until}, {author}: {reason}'],
  acknowledge: ['签收', 'Acknowledge'], withdraw: ['摘牌', 'Withdraw'], silence: ['静默', 'Silence'],
  acknowledgeLead: ['签收后不再催办，级别照常保留。', 'Reminders stop; the level stays.'],
  withdrawLead: ['撤回黄牌、红牌，已告知的人会收到更正。记入台账。', 'Takes the levels back; whoever was told is told of it. Recorded in the ledger.'],
  silenceLead: ['静默期间不发消息，级别照常计算。', 'Nothing is sent until then; levels go on.'],
  people: ['联系人', 'People'],
  peopleLead: ['显示申请人、经办人、代办员的姓名和电话。每次查看都记入台账。', 'Shows names and numbers of applicant, handler and agent. Each look is recorded in the ledger.'],
  noSource: ['未连接审批系统，查不到联系人', 'The approval system isn’t connected here'],
  note: ['备注（可不填）', 'Note (optional)'], reason: ['理由', 'Reason'], until: ['截止时间', 'Until'],
  allClocks: ['全部时限', 'All clocks'], cancel: ['取消', 'Cancel'],
  reasonMissing: ['请填写理由', 'Please give a reason'], untilMissing: ['请选择将来的时间', 'Please choose a time ahead'],
  acted: ['已记入台账', 'Recorded in the ledger'],
  bannerNone: ['今天没有紧急办件', 'Nothing urgent today'], mostUrgent: ['最紧急', 'Most urgent'],
  todayWork: ['今日工作', 'Today’s work'], summaryLate: ['已超期', 'late'], summaryToday: ['今日到期', 'due today'],
  summaryOpen: ['在办', 'open'],
  by: ['按', 'By'], byDepartment: ['部门', 'Department'], byWindow: ['窗口', 'Window'],
  span: ['期间', 'Period'], spanToday: ['今天', 'Today'], spanWeek: ['本周', 'This week'], spanMonth: ['本月', 'This month'],
  name: ['名称', 'Name'], open: ['在办', 'Open'], completed: ['办结', 'Completed'], onTime: ['按时', 'On time'],
  early: ['提前', 'Early'], lateCount: ['超期', 'Late'], rate: ['按时率', 'On-time rate'], sum: ['合计', 'Total'],
  overviewCaption: ['{by}办理情况，{span}', 'By {by}, {span}'],
  dueAhead: ['未来六十天到期', 'Due in the next 60 days'], dueOn: ['{date}：{n}件', '{date}: {n|case|cases}'],
  fewMany: ['少 → 多', 'few → many'], week: ['周', 'Week'],
  chartOpen: ['在办办件', 'Open cases'], chartDone: ['办结', 'Completed'], noRows: ['还没有数据', 'No data yet'],
  queue: ['发送队列', 'Queue'], ready: ['待发', 'Ready'], inflight: ['发送中', 'In flight'], parked: ['停放', 'Parked'],
  dead: ['未送达', 'Dead'], oldest: ['最久等待', 'Oldest'], endpoints: ['有问题的渠道地址', 'Endpoints in trouble'],
  since: ['自', 'Since'], retryAt: ['再试', 'Tries again'], deadLetters: ['死信', 'Dead letters'],
  deadAt: ['停止于', 'Given up'], resend: ['重发', 'Resend'], resent: ['已放回队列', 'Back in the queue'],
  noTrouble: ['全部正常', 'All well'], noDead: ['没有死信', 'No dead letters'], noQueue: ['没有渠道', 'No channels'],
  wallTitle: ['办件进度公示', 'Cases in progress'], wallPage: ['第 {n} 页', 'Page {n}'],
  wallEmpty: ['当前没有在办办件', 'No open cases at the moment'],
  wallLost: ['连接中断，显示的是 {time} 的数据（{age}前）', 'Connection lost: showing data of {time} ({age} ago)'],
  wallAge: ['数据 {age}前更新', 'Updated {age} ago'],
  fullScreen: ['全屏', 'Full screen'],
};

// Words that come from the server, by group.
const words = {
  level: {normal: ['正常', 'Normal'], yellow: ['黄牌', 'Yellow card'], red: ['红牌', 'Red card'], late: ['严重超期', 'Very late'],
          green: ['绿灯', 'Green'], orange: ['橙牌', 'Orange card'], blue: ['蓝牌', 'Blue card']},
  clock: {completion: ['办结', 'Completion'], acceptance: ['受理', 'Acceptance']},
  role: {supervision: ['督查', 'Supervision'], department: ['部门', 'Department'], window: ['窗口', 'Window'],
         wall: ['大屏', 'Wall'], admin: ['管理员', 'Administrator'], centre: ['中心', 'Centre'], leader: ['领导', 'Leader'],
         handler: ['经办人', 'Handler'], applicant: ['申请人', 'Applicant'], lead: ['牵头部门', 'Lead department'],
         part: ['并联窗口', 'Part’s window'], agent: ['代办员', 'Agent'], system: ['审批系统', 'Approval system']},
  kind: {instant: ['即办件', 'Instant'], promised: ['承诺件', 'Promised'], joint: ['联办件', 'Joint'], reported: ['上报件', 'Reported'],
         returned: ['退回件', 'Returned'], special: ['特办件', 'Special'], agent: ['代办件', 'By agent']},
  stage: {received: ['收件', 'Received'], accepted: ['受理', 'Accepted'], processing: ['承办', 'Processing'],
          review: ['审核', 'Review'], approval: ['批准', 'Approval'], completed: ['办结', 'Completed']},
  status: {open: ['在办', 'Open'], suspended: ['停表', 'Suspended'], completed: ['已办结', 'Completed'],
           returned: ['已退回', 'Returned'], withdrawn: ['已撤回', 'Withdrawn']},
  state: {running: ['计时中', 'running'], suspended: ['停表', 'suspended'], stopped: ['已结束', 'ended'], vanished: ['已不在系统', 'vanished'],
          dropped: ['不再计时', 'no longer timed']},
  event: {completed: ['办结', 'Completed'], returned: ['退回', 'Returned'], withdrawn: ['撤回', 'Withdrawn'], met: ['按时完成', 'Met'],
          vanished: ['已不在系统', 'Vanished'], dropped: ['不再计时', 'No longer timed'], cleared: ['预警解除', 'Warning cleared'], reminder: ['催办', 'Reminder'],
          level_withdrawn: ['摘牌', 'Level withdrawn'], tacit_approval: ['超时默许建议', 'Tacit approval proposed'],
          reopened: ['重新办理', 'Reopened'], acknowledged: ['签收', 'Acknowledged'], baseline: ['首次接入', 'First contact'],
          silenced: ['静默', 'Silenced'], revealed: ['查看联系人', 'People looked at'], resent: ['重发', 'Resent'], suspended: ['停表', 'Suspended'], resumed: ['恢复计时', 'Resumed']},
  message: {ready: ['待发送', 'waiting'], pending: ['待生成', 'pending'], inflight: ['发送中', 'being sent'],
            parked: ['停放', 'parked'], dead: ['未送达', 'dead'], cancelled: ['已取消', 'cancelled'], dropped: ['已放弃', 'dropped'],
            done: ['已发出', 'sent'], expired: ['记录已过期', 'record expired'], waiting: ['等待', 'waiting'],
            unreachable: ['无法送达', 'unreachable'], composed: ['已生成', 'composed']},
  arrival: {delivered: ['已送达', 'delivered'], failed: ['未能送达', 'failed'], buffered: ['等待送达', 'on its way'],
            accepted: ['网关已接收', 'taken by the gateway'], awaited: ['等待回执', 'receipt awaited'], no_receipt: ['没有回执', 'no receipt']},
  verdict: {delivered: ['对方已收到', 'delivered'], accepted: ['网关已接收', 'taken by the gateway'], throttled: ['被限流', 'throttled'],
            temporary: ['暂时失败', 'failed for now'], permanent: ['对方拒绝', 'refused'], rejected: ['配置被拒绝', 'configuration refused'],
            gone: ['对方已关闭', 'gone'], unknown: ['结果不明', 'unknown']},
  endpoint: {open: ['熔断', 'breaker open'], stopped: ['已停用', 'stopped'], gone: ['对方已关闭', 'gone'], well: ['正常', 'well']},
};

function pick(pair) {
  return pair[state.locale === 'en' ? 1 : 0];
}

// {n} is replaced; {n|case|cases} is the number with its noun.
export function t(key, values = {}) {
  return pick(texts[key]).replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    const value = String(values[name] ?? '');
    return one === undefined ? value : `${value} ${value === '1' ? one : many}`;
  });
}

export function word(group, name, otherwise = name) {
  return Object.hasOwn(words[group], name) ? pick(words[group][name]) : otherwise;
}

// Whether the ledger's `told` says yes; else why not, which the ledger tells in English.
export function toldText(told) {
  const reasons = {
    'yes': ['是', 'yes'],
    'no: recorded only': ['仅记录', 'recorded only'],
    'no: passed on the way to a higher level': ['否：已到更高级别', 'no: passed on the way to a higher level'],
    'no: the case had ended': ['否：已办结', 'no: the case had ended'],
    'no: the clock is suspended': ['否：停表中', 'no: the clock is suspended'],
    'no: too long ago': ['否：时间过久', 'no: too long ago'],
    'no: told before the rules changed': ['否：规则变更前已告知', 'no: told before the rules changed'],
    'no: reached before first contact': ['否：接入前已到', 'no: reached before first contact'],
  };
  return Object.hasOwn(reasons, told) ? pick(reasons[told]) : told ?? '';
}
