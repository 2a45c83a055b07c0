"""Source code, configuration, documentation and lock files: names of secrets all over, and no secret."""

from __future__ import annotations

import random
from typing import Final

from detectors.steward.corpus.fill import fill, pick

_CODE: Final = (
    "def load_token(path: Path, *, secret_name: str = DEFAULT_SECRET) -> str | None:\n    return read(path)[{1-30}]\n",
    "    password = getpass.getpass('password: ')\n    api_key = settings.api_key or os.environ['API_KEY']\n",
    "const accessToken = await getAccessToken({ clientId, clientSecret: process.env.CLIENT_SECRET });\n",
    "assert digest == '{x40}'  # sha1 of fixture {1-30}\n",
    "VERSION = '{1-30}.{0-9}.{1-30}'\nMAX_TOKENS = {5}\nkey_{1-30} = 'item-{5}'\n",
    'if (user.getPassword().equals(request.getParameter("password"))) { session.setAttribute("auth", {0-9}); }\n',
    "func NewClient(token string, opts ...Option) (*Client, error) { return &Client{token: token, n: {5}}, nil }\n",
    "SELECT id, phone, id_card FROM users WHERE day > '{1990-2030}-01-1{0-9}' AND status = {0-9} LIMIT {5};\n",
    "static const uint32_t crc_table[] = {0x{x8}, 0x{x8}, 0x{x8}, 0x{hex8}};  /* {5} entries */\n",
    "#define REG_BASE 0x{x8}UL  // offset {5}\n    private static final long serialVersionUID = {7}{7}L;\n",
    "x = [{5}, {7}, {1-30}, {0-9}]\nprint(f'{x[{0-9}]:>10} of {len(x)}')  # 校验身份证号的最后一位\n",
    "it('rejects an expired card', () => expect(validate({ expiry: null, cvv: undefined })).toBe(false)); // {5}\n",
    "@router.post('/users/{user_id}/password')\nasync def change(user_id: int, body: PasswordChange) -> None: ...\n",
    "grep -rn 'secret' src | head -{1-30} && git checkout {x40} && git rebase -i HEAD~{1-30}\n",
    "Color.fromARGB({1-30}, {0-9}, {1-30}, {0-9}); margin: 0 {1-30}px {0-9}px; font: 1{0-9}px sans-serif; #{x8};\n",
)
_CONFIGURATION: Final = (
    "spring.datasource.password=${DB_PASSWORD}\nserver.port={5}\nlogging.level.root=INFO\n",
    "services:\n  web:\n    image: nginx:{1-30}.{0-9}-alpine\n    ports: ['{5}:80']\n",
    'resource "aws_s3_bucket" "logs" { bucket = "logs-{5}" }\nvariable "db_password" { type = string }\n',
    "[tool.ruff]\nline-length = {1-30}{0-9}\nselect = ['E{5}', 'S105']\nsecret-name = 'gateway-{5}'\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-credentials\n  resourceVersion: '{7}'\ntype: Opaque\n",
    "jwt:\n  secret: !Ref JwtSecret\n  expiry: {5}\n  issuer: https://auth.example.com\n  key-id: key-{1-30}\n",
    "PASSWORD_MIN_LENGTH={1-30}\nTOKEN_TTL={5}\nSESSION_COOKIE_NAME=session\nSECRET_ROTATION_DAYS={0-9}0\nAPI_KEY_HEADER=X-Api-Key\n",
    "passwordResetUrl: /account/reset\nprivateKeyPath: /etc/ssl/private/server.pem\ntokenizer: bpe-{5}\nkeyboard: us\n",
)
_DOCS: Final = (
    "Set `API_KEY=YOUR_API_KEY` and `PASSWORD=changeme` in your .env file.\n",
    "export AWS_SECRET_ACCESS_KEY=<your-secret-key>  # never commit it\n",
    'client = Client(api_key="sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")\n',
    "password: ${DB_PASSWORD}\ntoken: {{ secrets.TOKEN }}\nsecret: !vault\n",
    "curl -u USER:PASSWORD https://api.example.com -H 'X-API-Key: $API_KEY'\n",
    "请将 `access_token` 替换为您的令牌，密码长度不少于 8 位，验证码有效期为 5 分钟。\n",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is a classic token; AKIA****************** is a key id.\n",
    'mysql -u root -p -h 127.0.0.1  # you are asked for the password\nredis-cli -a "$REDIS_PASSWORD" ping\n',
    "psql postgresql://USER:PASSWORD@localhost:5432/DBNAME or postgres://<user>:<password>@<host>/<db>\n",
    "Authorization: Bearer <token>\nCookie: session=<session id>\nX-Auth-Token: {{token}}\n",
    "-----BEGIN PUBLIC KEY-----\n(your public key)\n-----END PUBLIC KEY-----\n",
    "The token has the form `glpat-` and twenty characters; passwords need upper case, lower case and digits.\n",
    "手机号格式为 1 开头的 11 位数字，例如 138****0000；身份证号码格式为 6 位地址码加 8 位生日加 4 位。\n",
    "Default login is admin / (printed on the label). Reset: hold the button for 10 seconds.\n",
)
_MINIFIED: Final = (
    "!function(e,t){var n={1-999};e.token=function(e){return e&&e.key?t[{1-99}]:void 0}}(window,[]);",
    "var a={key:{1-99},secret:void 0,password:null};i.exports=function(e){return o(e,{x8:{1-9}})};",
    'function r(e){return e.auth||(e.auth=n({1-999},"token")),s.pass=!0,{1-9}}',
)
_LOCK: Final = (
    '"node_modules/pkg-{1-999}": {"version": "{0-20}.{0-30}.{0-9}", "integrity": "sha512-{b86}=="},\n',
    '"resolved": "https://registry.example.org/pkg-{1-99}/-/pkg-{1-99}-{0-20}.{0-30}.{0-9}.tgz#{x40}",\n',
    "example.org/mod v{0-20}.{0-30}.{0-9} h1:{b43}=\nexample.org/mod v{0-20}.{0-30}.{0-9}/go.mod h1:{b43}=\n",
    '[[package]]\nname = "crate-{1-99}"\nversion = "{0-20}.{0-30}.{0-9}"\nchecksum = "{x64}"\n',
    "package=={0-20}.{0-30}.{0-9} \\\n    --hash=sha256:{x64} \\\n    --hash=sha256:{x64}\n",
)


def code(rng: random.Random) -> str:
    return pick(rng, _CODE)


def configuration(rng: random.Random) -> str:
    return pick(rng, _CONFIGURATION)


def docs(rng: random.Random) -> str:
    return rng.choice(_DOCS)


def minified(rng: random.Random) -> str:
    return pick(rng, _MINIFIED)


def lock(rng: random.Random) -> str:
    return pick(rng, _LOCK)


def image(rng: random.Random) -> str:
    return fill(rng, '<img src="data:image/png;base64,iVBORw0KGgo{b1200}"/>\n')
