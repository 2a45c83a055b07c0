"""Log lines, settings and notices that name nobody, for the polish at the end: templates and the words of the trade.

Slots: `goods`, and those of the templates without a label (N number, I identifier, D date); p a component, q what
happened to it, in lower case since they are filled here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from detectors.ner.embedded.decode import LABELS
from detectors.ner.train.corpora import Record
from detectors.ner.train.tokens import listed

PARTS_ZH: Final = listed(
    "数据库 连接池 线程池 缓存 消息队列 接口 网关 服务 节点 集群 主机 容器 磁盘 内存 端口 令牌 会话 索引 分区 副本 "
    "任务 调度器 日志 快照 证书 配置 心跳 事务 请求 响应 负载 流量 熔断器 限流器 权限 白名单 黑名单 主键 外键 网卡 "
    "路由表 防火墙 连接数 线程数 句柄 堆栈 垃圾回收 冷热数据 单元测试 流水线 镜像 温度 湿度 电压 阀门 水泵 订单 库存 "
    "账单 工单 短信 邮件 支付通道 对账文件 报表 前端 后端 客户端 服务端 管理后台 文件句柄 读写锁 从库 主库 包裹 运单 "
    "车辆 门禁"
)
ACTS_ZH: Final = listed(
    "启动成功 启动失败 超时 已断开 已恢复 连接被拒绝 正在重试 已达上限 即将耗尽 写入完成 读取失败 校验通过 校验失败 "
    "已过期 已刷新 重新加载 同步完成 开始执行 执行完毕 回滚 提交成功 解析异常 空指针异常 返回空值 命中 未命中 "
    "触发告警 解除告警 已下线 已上线 扩容完成 缩容 切换完成 初始化 预热完成 清理完毕 序列化错误 响应缓慢 开封即食 "
    "归档 已签收 打印 扫描 易损坏 安装完毕"
)
PARTS_EN: Final = listed(
    "Scheduler,Connection Pool,Worker,Dispatcher,Load Balancer,Message Broker,Garbage Collector,Heartbeat,Kernel,"
    "Driver,Controller,Gateway,Replica,Leader,Follower,Partition,Checkpoint,Snapshot,Listener,Session Manager,"
    "Token Store,Cron,Health Probe,Ingress,Sidecar,Daemon,Socket,Buffer,Thread,Cache,Index,Queue,Proxy,Router,"
    "Registry,Compiler,Linker",
    ",",
)
ACTS_EN: Final = listed(
    "started,stopped,timed out,retrying,connection refused,out of memory,reloaded,not found,evicted,committed,"
    "aborted,healthy,unhealthy,restarting,flushed,expired,rotated,completed,skipped,deprecated,exited with code 1,"
    "is not available",
    ",",
)
CLIENTS: Final = listed(
    '"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{N} Safari/537.36"|'
    '"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"|'
    '"Mozilla/5.0 (Macintosh; Intel Mac OS X 14.1; rv:{N}) Gecko/{N} Firefox/{N}"|"curl/{N}"|'
    '"okhttp/{N}"|"Go-http-client"',
    "|",
)
LINES: Final = r"""
{D} 0{N} 信息 [{I}] {p}{q}，耗时{N}毫秒
{D} 警告 {p}{q}，当前{N}，最大{N}
{D} 错误 {p}{p}{q}：{I}={N}
[{N}] {p}{q}，{p}{q}
{p}{p}{q}
{p}：{q}
{p} {q} {N}
告警：{p}{q}，请检查{p}
{p},{q},{N}\n{p},{q},{N}
| {p} | {q} | {N} |
{W}{p}{q}，{W}
{W}，{p}，{W}
""".strip().split("\n")
LINES_EN: Final = r"""
{D}T0{N}Z INFO  [{I}-{N}] c.a.s.{I}.{I} - {p} {q}
{D} WARN  o.h.e.j.s.{I} - {p} {q} after {N} ms
[{D}] {p}: {q}; {p} {q}
level=warn ts={D} caller={I}.go:{N} msg="{p} {q}" unit={W}
10.0.{N} - - [{D}] "GET /{I}/{I}.js HTTP/1.1" 200 {N} "-" {c}
"POST /api/{I} HTTP/2" 201 {N} "https://example.com/" {c}
{I}[{N}]: {p} {q}
E{N} {I}.cc:{N}] {p} {q}
<tr><td>{V}</td><td>{N}</td><td>{V}</td><td>{N}</td></tr>
<td>{p}</td><td>{q}</td>
# Licensed under the Apache License, Version {N}; see the MIT License and the GNU General Public License.
This module implements the {p} protocol described in RFC {N}; see also ISO {N} and POSIX.
    raise ValueError("{p} {q}")  # {W} {W}
/* {p}: {W} {W} {q} */
#define {M}_{N} 0x{N} /* {W} */
""".strip().split("\n")


KNOWN: Final = frozenset(LABELS) - {"DATE"}
"""Dates stand in many lines and are not marked."""
type Slots = Mapping[str, Mapping[str, Callable[[], str]]]


def log_lines(rng: random.Random, count: int, slots: Slots) -> Iterator[Record]:
    """`count` passages in each language, dates apart no label is there. `slots`: language -> slot -> maker."""
    pools = {"zh": (LINES, PARTS_ZH, ACTS_ZH), "en": (LINES_EN, PARTS_EN, ACTS_EN)}
    for _ in range(count):
        for lang, (lines, parts, acts) in pools.items():
            text = "\n".join(rng.choice(lines).replace("\\n", "\n") for _ in range(rng.choice((1, 1, 2, 3, 5))))
            yield Record(_filled(text, rng, parts, acts, slots[lang]), (), KNOWN, lang)


def _filled(
    text: str, rng: random.Random, parts: list[str], acts: list[str], slots: Mapping[str, Callable[[], str]]
) -> str:
    made: list[str] = []
    rest = text
    while (at := rest.find("{")) >= 0:
        slot, made = rest[at + 1 : at + 2], [*made, rest[:at]]
        rest = rest[at + 3 :]
        if slot == "c":
            rest = rng.choice(CLIENTS) + rest
        else:
            made.append(rng.choice(parts if slot == "p" else acts) if slot in "pq" else slots[slot]())
    return "".join(made) + rest
