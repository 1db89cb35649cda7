// Why the last try to log in failed.
const reasons = {
  wrong: '用户名或密码不对',
  wait: '尝试次数过多，请稍后再试',
  form: '页面已过期，请再试一次',
  busy: '暂时无法登录，请稍后再试',
};
const reason = reasons[new URLSearchParams(location.search).get('error')];
if (reason) {
  const message = document.getElementById('login-message');
  message.textContent = reason;
  message.hidden = false;
}
