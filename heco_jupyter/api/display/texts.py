"""Every text of the panel, the report and the charts, in each language: the one place for them.

What the API says, and the names of its fields, stay as they are. `{name}` in a text is filled in; of a time,
`{name:%Y}` is a part, as `dates.py` and Vega write it. Texts whose key begins with `page_` are sent to the panel's
page, which fills them in itself.

More than 400 lines: a table, with one entry for each text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "ko")
"""English, then Korean: as in the table."""
_PAGE = "page_"

TEXTS: dict[str, tuple[str, str]] = {
    # Names of the controls
    "page_clusters": ("Clusters", "클러스터 목록"),
    "page_cluster": ("Cluster", "클러스터"),
    "page_filter": ("Filter clusters", "클러스터 거르기"),
    "page_filter_hint": ("part of any field", "아무 항목의 일부"),
    "page_terminated": ("Terminated", "종료된 것도"),
    "page_workers": ("Workers", "워커"),
    "page_apply": ("Apply", "적용"),
    "page_refresh": ("Refresh", "새로 고침"),
    "page_delete": ("Delete", "삭제"),
    "page_confirm": ("Confirm", "확인"),
    "page_cancel": ("Cancel", "취소"),
    "page_dismiss": ("Dismiss", "닫기"),
    "page_cluster_name": ("Cluster name", "클러스터 이름"),
    "page_outcome": ("Outcome", "결과"),
    "page_nodes": ("Nodes", "노드"),
    "page_activity": ("Activity", "작업 내역"),
    "page_unread": ("{count} unread", "읽지 않음 {count}건"),
    "page_stop": ("Stop recording", "기록 멈추기"),
    # The connection
    "page_connecting": ("connecting…", "연결하는 중…"),
    "page_live": ("live, heard {ago} ago", "실시간, {ago} 전에 확인"),
    "page_stale": ("stale since {ago} ago: {reason}", "{ago} 전부터 갱신 안 됨: {reason}"),
    "page_quiet": ("stale: nothing heard from the kernel for {ago}", "갱신 안 됨: 커널에서 {ago} 동안 소식 없음"),
    "page_lost": ("stale: the connection to the kernel is interrupted", "갱신 안 됨: 커널과의 연결이 끊김"),
    "page_gone": (
        "gone: the kernel was restarted or has ended. Run the cell again",
        "끝남: 커널이 다시 시작되었거나 끝났습니다. 셀을 다시 실행하세요",
    ),
    "page_gone_reason": ("the kernel is gone: run the cell again", "커널이 끝났습니다: 셀을 다시 실행하세요"),
    "page_stale_reason": ("this view is stale: Refresh first", "갱신되지 않은 화면입니다: 먼저 새로 고치세요"),
    "page_beside": (
        "The panel is beside the notebook. Close its tab to have it here",
        "제어판이 노트북 옆에 열려 있습니다. 그 탭을 닫으면 여기에 나타납니다",
    ),
    # The list
    "page_matching": ("{n} of {m}", "{m}개 중 {n}개"),
    "page_no_match": ("No cluster matches: change the filter", "맞는 클러스터가 없습니다: 거르기를 바꾸세요"),
    "page_no_clusters": (
        "No clusters yet: %heco template puts a cell below that makes one",
        "아직 클러스터가 없습니다: %heco template이 클러스터를 만드는 셀을 넣어 줍니다",
    ),
    "page_under_way": ("{from} → {to}, {done} of {total}", "{from} → {to}, {total} 중 {done}"),
    "page_up": ("{from} → {to}, {done} of {total} up, for {ago}", "{from} → {to}, {total} 중 {done} 추가됨, {ago}째"),
    "page_down": (
        "{from} → {to}, {done} of {total} gone, for {ago}",
        "{from} → {to}, {total} 중 {done} 제거됨, {ago}째",
    ),
    "page_deleting": ("being deleted, for {ago}", "삭제하는 중, {ago}째"),
    "page_took": ("took {ago}", "{ago} 걸림"),
    "page_going": ("for {ago}", "{ago}째"),
    "page_d": ("{n} d", "{n}일"),
    "page_h": ("{n} h", "{n}시간"),
    "page_min": ("{n} min", "{n}분"),
    "page_s": ("{n} s", "{n}초"),
    "ms": ("{n} ms", "{n}밀리초"),
    "page_typed_differs": ("the name does not match yet", "이름이 아직 다릅니다"),
    # Above the list
    "local": ("local emulator", "로컬 에뮬레이터"),
    "fleet": (
        "{running} running, {moving} moving, {failed} failed, {nodes} nodes",
        "실행 {running}, 변경 중 {moving}, 실패 {failed}, 노드 {nodes}",
    ),
    "fleet_price": ("{price} per hour ({known} of {all} known)", "시간당 {price} ({all}개 중 {known}개 기준)"),
    "recording": ("recording every {every}, last snapshot {last}", "{every}마다 기록 중, 마지막 스냅샷 {last}"),
    "never": ("not yet", "아직 없음"),
    # The card
    "pick": ("Pick a cluster", "클러스터를 고르세요"),
    "gone": ("the API no longer has this cluster", "이 클러스터는 이제 API에 없습니다"),
    "uptime": ("uptime", "가동 시간"),
    "links": ("links", "링크"),
    "price": ("price per hour", "시간당 가격"),
    # Why it cannot be changed, or what to do
    "no_cluster": ("pick a cluster", "클러스터를 고르세요"),
    "reading": ("reading the cluster…", "클러스터를 읽는 중…"),
    "unreadable": ("its details cannot be read: {reason}", "상세 정보를 읽을 수 없습니다: {reason}"),
    "stale": ("this view is stale: Refresh first", "갱신되지 않은 화면입니다: 먼저 새로 고치세요"),
    "locked": ("under way: {what}", "진행 중: {what}"),
    "locked_uncertain": (
        "it is not known yet whether this was done: {what}",
        "다음이 되었는지 아직 알 수 없습니다: {what}",
    ),
    "busy": ("it is {status}: wait until it is running", "상태가 {status}입니다: 실행 중이 될 때까지 기다리세요"),
    "failed": ("it is {status}: it cannot be scaled", "상태가 {status}입니다: 워커 수를 바꿀 수 없습니다"),
    "terminated": ("it is {status}", "상태가 {status}입니다"),
    "no_count": (
        "the API does not say how many workers it has: use %heco scale-out with the difference",
        "API가 워커 수를 알려 주지 않습니다: %heco scale-out에 늘릴 수를 주세요",
    ),
    "not_scalable": (
        "it cannot be scaled now: its isScalable is false",
        "지금은 워커 수를 바꿀 수 없습니다: isScalable이 false입니다",
    ),
    "hint": ("move the slider or type a number", "슬라이더를 움직이거나 숫자를 입력하세요"),
    "hint_floor": (
        "move the slider or type a number; hdfsReplication {floor} is the floor",
        "슬라이더를 움직이거나 숫자를 입력하세요; hdfsReplication {floor}이 최소입니다",
    ),
    "floor": ("hdfsReplication {floor} is the floor", "hdfsReplication {floor}이 최소입니다"),
    "not_whole": (
        "{entry} is not a whole number: type how many workers it shall have",
        "{entry}은(는) 정수가 아닙니다: 워커 수를 입력하세요",
    ),
    "empty": ("type a whole number of workers", "워커 수를 정수로 입력하세요"),
    "below_floor": (
        "{entry} is too few: hdfsReplication is {floor}, and workers cannot be fewer",
        "{entry}은(는) 너무 적습니다: hdfsReplication이 {floor}이므로 워커가 더 적을 수 없습니다",
    ),
    "below_one": ("{entry} is too few: a cluster keeps at least 1", "{entry}은(는) 너무 적습니다: 워커는 1 이상입니다"),
    "above_most": ("{entry} is too many: the most is {most}", "{entry}은(는) 너무 많습니다: {most}까지입니다"),
    # What is done, and what has come of it
    "change": ("{from} → {to} ({change})", "{from} → {to} ({change})"),
    "scale": ("scale {name}: {from} → {to} workers ({change})", "{name} 워커 변경: {from} → {to} ({change})"),
    "delete": ("delete {name}", "{name} 삭제"),
    "sending": ("sending", "보내는 중"),
    "accepted": ("accepted", "접수됨"),
    "done": ("done", "완료"),
    "done_after_all": ("it was done after all", "결국 완료됨"),
    "done_gone": ("done, the API no longer has it", "완료, API에 더 이상 없음"),
    "refused": ("refused: {detail}", "거부됨: {detail}"),
    "overtaken": (
        "nothing was sent: it has {detail} workers now, not {before} as when you were asked",
        "보내지 않음: 물었을 때의 워커 수는 {before}, 지금은 {detail}입니다",
    ),
    "not_sent": ("nothing was done: {detail}", "실행되지 않음: {detail}"),
    "uncertain": ("uncertain: {detail}", "불확실: {detail}"),
    "stopped": ("it did not end as asked: it is {detail}", "요청대로 끝나지 않음: 상태가 {detail}"),
    "not_done": ("it was not done: it is {detail}", "실행되지 않음: 상태가 {detail}"),
    "lost": ("the cluster is gone", "클러스터가 사라졌습니다"),
    "withdrawn": ("nothing was sent: {reason}", "보내지 않음: {reason}"),
    "no_activity": ("Nothing has been done from here yet", "여기서 한 작업이 아직 없습니다"),
    # The questions
    "ask_scale": ("Scale {name}?", "{name}의 워커 수를 바꿀까요?"),
    "ask_workers": ("workers {from} → {to} ({change})", "워커 {from} → {to} ({change})"),
    "ask_nodes": ("nodes {from} → {to}", "노드 {from} → {to}"),
    "other_node": ("{count} other node", "그 밖의 노드 {count}개"),
    "other_nodes": ("{count} other nodes", "그 밖의 노드 {count}개"),
    "ask_flavor": ("flavor {flavor}", "flavor {flavor}"),
    "ask_price": ("price per hour {from} → {to}", "시간당 가격 {from} → {to}"),
    "ask_unpriced": ("price per hour unknown", "시간당 가격 알 수 없음"),
    "unknown": ("unknown", "알 수 없음"),
    "ask_loss": (
        "Data held only on the removed workers is lost.",
        "제거되는 워커에만 있는 데이터는 사라집니다.",
    ),
    "ask_delete": ("Delete {name}?", "{name}을(를) 삭제할까요?"),
    "ask_for_good": (
        "This cannot be undone. Type its name to delete it.",
        "되돌릴 수 없습니다. 삭제하려면 이름을 입력하세요.",
    ),
    "name_differs": ("that is not its name: nothing was sent", "이름이 다릅니다: 보내지 않았습니다"),
    # The nodes
    "reading_vms": ("reading the VMs…", "VM을 읽는 중…"),
    "no_vms": ("it has no VMs", "VM이 없습니다"),
    "unreadable_vms": ("its VMs cannot be read: {reason}", "VM을 읽을 수 없습니다: {reason}"),
    "master": ("master", "마스터"),
    "worker": ("worker", "워커"),
    "other": ("other", "기타"),
    # Why something failed
    "could_not": ("could not {doing}: {reason}", "{doing} 실패: {reason}"),
    "list_clusters": ("list clusters", "클러스터 목록 읽기"),
    "list_vms": ("list the VMs of {id}", "{id}의 VM 읽기"),
    "read_cluster": ("read cluster {id}", "클러스터 {id} 읽기"),
    "scale_out": ("scale out {name}", "{name} 워커 늘리기"),
    "scale_in": ("scale in {name}", "{name} 워커 줄이기"),
    "by_proxy": ("{host} (by the proxy {proxy})", "{host}(프록시 {proxy} 경유)"),
    "too_large": ("{host} answered with more than {size} MiB", "{host}의 응답이 {size} MiB보다 큼"),
    "too_slow": ("{host} did not answer in full within {seconds} s", "{host}의 응답이 {seconds}초 안에 끝나지 않음"),
    "half_a_character": (
        "the request holds half a character ({code}), which cannot be sent",
        "요청에 반쪽 문자({code})가 있어 보낼 수 없음",
    ),
    "proxy_refused": ("the proxy {proxy} refused: {reason}", "프록시 {proxy}의 거부: {reason}"),
    "proxy_failed": ("the proxy {proxy} failed: {reason}", "프록시 {proxy}의 오류: {reason}"),
    "no_tls": ("the TLS connection to {host} failed: {reason}", "{host}에 TLS로 연결할 수 없음: {reason}"),
    "behind_proxy": ("the proxy {proxy} or what is behind it", "프록시 {proxy} 또는 그 뒤의 장비"),
    "on_the_way": ("a proxy or a gateway on the way", "중간의 프록시나 게이트웨이"),
    "web_page": (
        "{status}, with a web page that is not from the API: {by} refuses it",
        "{status}, API가 아닌 웹 페이지로 응답함: 거부한 곳은 {by}",
    ),
    "no_connection": ("no connection to {host}: {reason}", "{host}에 연결할 수 없음: {reason}"),
    "broken_off": (
        "the connection to {host} broke during the answer: {reason}",
        "응답 도중 {host}의 연결이 끊김: {reason}",
    ),
    "api_says": ("the API says: {said}", "API의 말: {said}"),
    "answered": ("{host} answered {meaning}", "{host}의 응답: {meaning}"),
    "tries": ("{meaning} ({tries} tries)", "{meaning} ({tries}번 시도)"),
    "status_400": ("400, the API does not accept the request", "400, API가 요청을 받아들이지 않음"),
    "status_401": ("401, the API does not accept the keys", "401, API가 키를 받아들이지 않음"),
    "status_403": ("403, these keys may not do that", "403, 이 키에는 권한이 없음"),
    "status_404": ("404, there is no such cluster", "404, 그런 클러스터가 없음"),
    "status_407": ("407, a proxy on the way wants a name and a password", "407, 프록시가 이름과 암호를 요구함"),
    "status_409": ("409, the cluster name is in use", "409, 클러스터 이름이 이미 쓰이고 있음"),
    "status_429": ("429, too many requests", "429, 요청이 너무 많음"),
    "status_5xx": ("{status}, the API or a gateway failed", "{status}, API나 게이트웨이의 오류"),
    "panel_failed": ("the panel failed: {error}", "제어판 오류: {error}"),
    "panel_not_drawn": ("a panel could not be drawn: {error}", "제어판을 그릴 수 없음: {error}"),
    # Why a plan is not carried out, and what may have become of it
    "already": ("{name} is already {status}", "{name}의 상태가 이미 {status}입니다"),
    "has_ended": (
        "{name} is {status} and cannot be scaled",
        "{name}의 상태가 {status}이므로 워커 수를 바꿀 수 없습니다",
    ),
    "not_scalable_now": (
        "{name} cannot be scaled now: its isScalable is false, its status {status}",
        "{name}의 워커 수를 지금은 바꿀 수 없습니다: isScalable이 false이고 상태가 {status}입니다",
    ),
    "fewer_than_replication": (
        "{name}: {words}: refused, hdfsReplication is {floor} and workers cannot be fewer",
        "{name}: {words}: 거부됨, hdfsReplication이 {floor}이므로 워커가 더 적을 수 없습니다",
    ),
    "fewer_than_one": (
        "{name}: {words}: refused, a cluster keeps at least 1 and workers cannot be fewer",
        "{name}: {words}: 거부됨, 워커는 1 이상이어야 합니다",
    ),
    "has_changed": (
        "{name} has {now} workers now, not {before} as when you were asked",
        "{name}의 워커 수가 물었을 때는 {before}, 지금은 {now}입니다",
    ),
    "by_workers": ("{change} workers", "워커 {change}"),
    "to_workers": ("{from} -> {to} workers, {change}", "워커 {from} -> {to}, {change}"),
    "may_be_scaled": (
        "{doing}, {words}: {reason}; it may have been scaled",
        "{doing}, {words}: {reason}; 워커 수가 바뀌었을 수 있습니다",
    ),
    "may_be_deleted": ("{doing}: {reason}; it may have been deleted", "{doing}: {reason}; 삭제되었을 수 있습니다"),
    "look_before_scaling": ("look before you scale it again: {command}", "다시 바꾸기 전에 확인하세요: {command}"),
    "look_before_deleting": ("look before you delete it again: {command}", "다시 삭제하기 전에 확인하세요: {command}"),
    "hint_first": ("{hint}; {what}", "{hint}; {what}"),
    # Where there are no widgets
    "n_workers": ("{n} workers", "워커 {n}"),
    "as_of": ("as of {time}", "{time} 기준"),
    "more": ("and {count} more: {command} lists all", "외 {count}개: {command}에서 모두 볼 수 있습니다"),
    "as_widget": ("the panel above, as a widget", "위 제어판의 위젯"),
    # Dates and periods
    "date": ("{time:%-d %b %Y}", "{time:%Y년 %-m월 %-d일}"),
    "moment": ("{time:%-d %b %Y %H:%M}", "{time:%Y년 %-m월 %-d일 %H:%M}"),
    "month": ("{time:%B %Y}", "{time:%Y년 %-m월}"),
    "period_year": ("{first:%Y}", "{first:%Y년}"),
    "period_years": ("{first:%Y}-{last:%Y}", "{first:%Y년}–{last:%Y년}"),
    "period_quarter": ("{first:%Y Q%q}", "{first:%Y년 %q분기}"),
    "period_month": ("{first:%b %Y}", "{first:%Y년 %-m월}"),
    "period_months": ("{first:%b}-{last:%b %Y}", "{first:%Y년 %-m월}–{last:%-m월}"),
    "period_months_of_two_years": ("{first:%b %Y}-{last:%b %Y}", "{first:%Y년 %-m월}–{last:%Y년 %-m월}"),
    "period_day": ("{first:%-d %b}", "{first:%-m월 %-d일}"),
    "period_day_and_year": ("{first:%-d %b %Y}", "{first:%Y년 %-m월 %-d일}"),
    "period_days": ("{first:%-d}-{last:%-d %b}", "{first:%-m월 %-d일}–{last:%-d일}"),
    "period_days_and_year": ("{first:%-d}-{last:%-d %b %Y}", "{first:%Y년 %-m월 %-d일}–{last:%-d일}"),
    "period_days_of_two_months": ("{first:%-d %b}-{last:%-d %b}", "{first:%-m월 %-d일}–{last:%-m월 %-d일}"),
    "period_days_of_two_months_and_year": (
        "{first:%-d %b}-{last:%-d %b %Y}",
        "{first:%Y년 %-m월 %-d일}–{last:%-m월 %-d일}",
    ),
    "period_days_of_two_years_and_year": (
        "{first:%-d %b}-{last:%-d %b %Y}",
        "{first:%Y년 %-m월 %-d일}–{last:%Y년 %-m월 %-d일}",
    ),
    "period_hour": ("{first:%-d %b %H:%M}", "{first:%-m월 %-d일 %H:%M}"),
    "period_hour_and_year": ("{first:%-d %b %Y %H:%M}", "{first:%Y년 %-m월 %-d일 %H:%M}"),
    # On an axis of time, where a year, a month and so on begins
    "axis_year": ("%Y", "%Y년"),
    "axis_month": ("%B", "%-m월"),
    "axis_week": ("%b %d", "%-m월 %-d일"),
    "axis_day": ("%a %d", "%-d일"),
    "axis_hours": ("%I %p", "%H시"),
    "axis_minutes": ("%I:%M", "%H:%M"),
    "axis_seconds": (":%S", "%S초"),
    # Amounts, and what they are of
    "one_cluster": ("1 cluster", "클러스터 1개"),
    "many_clusters": ("{n} clusters", "클러스터 {n}개"),
    "one_gap": ("1 gap", "빈 구간 1개"),
    "many_gaps": ("{n} gaps", "빈 구간 {n}개"),
    "no_group": ("(none)", "(없음)"),
    "others": ("{n} others", "그 외 {n}개"),
    "and_more": ("{names} and {n} more", "{names} 외 {n}개"),
    "amount_by": ("{amount} by {by}", "{by}별 {amount}"),
    "nodes": ("nodes", "노드"),
    "clusters": ("clusters", "클러스터"),
    "measured": ("measured", "측정"),
    # Charts
    "chart": ("<chart: {title}>", "<차트: {title}>"),
    "time_axis": ("time ({zone})", "시각 ({zone})"),
    "period_axis": ("period ({zone})", "기간 ({zone})"),
    "clusters_by": ("{n} clusters by {by}", "클러스터 {n}개, {by}별"),
    "latest_clusters_by": (
        "the latest {n} of {all} clusters by {by}",
        "전체 클러스터 {all}개 중 최근 {n}개, {by}별",
    ),
    "over_time": ("running over time", "시간에 따른 실행 현황"),
    "hatched": ("hatched: the period was not over", "빗금: 아직 끝나지 않은 기간"),
    "not_ended": ("not yet", "아직 끝나지 않음"),
    "chart_began": ("began", "시작"),
    "chart_ended": ("ended", "종료"),
    "chart_ran": ("ran", "실행 시간"),
    "chart_time": ("time", "시각"),
    "chart_period": ("period", "기간"),
    "chart_from": ("from", "시작"),
    "chart_until": ("until", "끝"),
    "chart_uptime": ("uptime", "가동 시간"),
    "chart_nodeHours": ("nodeHours", "노드 시간"),
    "chart_nodeHoursLow": ("nodeHoursLow", "노드 시간(최소)"),
    "chart_nodeHoursHigh": ("nodeHoursHigh", "노드 시간(최대)"),
    "chart_nodeHoursKnown": ("nodeHoursKnown", "노드 시간의 측정 비율"),
    "chart_nodeHoursInferred": ("nodeHoursInferred", "노드 시간의 추정 비율"),
    "chart_uptimeHours": ("uptimeHours", "가동 시간(시간)"),
    "chart_cost": ("cost", "비용"),
    "chart_costKnown": ("costKnown", "비용의 측정 비율"),
    # The report: its head
    "report": ("Usage in {month}", "{month} 사용량"),
    "report_by": ("Usage in {month} by {by}", "{month} 사용량, {by}별"),
    "stretch": ("{since} to {until} ({zone})", "{since}부터 {until}까지 ({zone})"),
    "stretch_so_far": (
        "{since} to {until} ({zone}); the month ends {end}",
        "{since}부터 {until}까지 ({zone}); 이 달은 {end}에 끝납니다",
    ),
    "compared": ("compared with all of {month}", "{month} 전체와 비교"),
    "compared_so_far": (
        "compared with the same stretch of {month}: {since} to {until}",
        "{month}의 같은 기간과 비교: {since}부터 {until}까지",
    ),
    "projected_how": ("projected: {how}", "예상: {how}"),
    "pace": (
        "what ran in the last {recent} days goes on for the {left} days that are left",
        "최근 {recent}일 동안 실행된 만큼 남은 {left}일 동안에도 실행된다고 가정",
    ),
    "no_pace": ("unknown, since nothing is known of the last days", "최근 며칠의 실행을 알 수 없어 예상할 수 없음"),
    # Its sections
    "in_total": ("In total", "전체"),
    "ran": (
        "{clusters} ran for {hours} hours; their nodes are {parts} of that time",
        "{clusters}가 모두 {hours}시간 실행됨; 그 시간의 노드 수는 {parts}",
    ),
    "part_measured": ("measured for {share}", "{share} 측정"),
    "part_inferred": ("inferred for {share}", "{share} 추정"),
    "part_rest": ("bounded or unknown for {share}", "{share} 두 값 사이이거나 알 수 없음"),
    "none_ran_in_all": ("no cluster ran, as far as is known", "알려진 바로는 실행된 클러스터가 없습니다"),
    "node_hours_between": (
        "the node-hours are between {low} and {high}, as far as they are known",
        "노드 시간은 알려진 범위에서 {low}에서 {high} 사이입니다",
    ),
    "by": ("By {by}", "{by}별"),
    "more_in_by": ("{n} more are in .by", ".by에 {n}개가 더 있습니다"),
    "largest": ("Largest clusters", "가장 큰 클러스터"),
    "none_ran": ("none ran", "실행된 클러스터 없음"),
    "shown_of": ("{n} of {m}", "{m}개 중 {n}개"),
    "shown_of_by": ("{n} of {m}, by {amount}", "{m}개 중 {n}개, {amount} 순"),
    "forgotten": ("Forgotten", "방치된 클러스터"),
    "none_forgotten": (
        "none: no cluster runs for long without being scaled, failed, or ended by an error",
        "없음: 워커 수 변경 없이 오래 실행 중이거나, 실패했거나, 오류로 끝난 클러스터가 없습니다",
    ),
    "certainty": ("What is known, and what is not", "알려진 것과 알려지지 않은 것"),
    # Its columns
    "nodeHours": ("node-hours", "노드 시간"),
    "cost": ("cost", "비용"),
    "hours": ("hours", "시간"),
    "total": ("total", "합계"),
    "used": ("used", "사용"),
    "so_far": ("so far", "지금까지"),
    "before": ("before", "전월"),
    "differs_by": ("change", "증감"),
    "differs_in_percent": ("in %", "증감률"),
    "projected": ("projected", "예상"),
    "share": ("share", "비율"),
    "reason": ("reason", "이유"),
    "running_for": ("running for", "실행 기간"),
    "unscaled_since": ("unscaled since", "이때부터 변경 없음"),
    "what": ("what", "구분"),
    "detail": ("detail", "설명"),
    "of_the_hours": ("of the hours", "시간 비율"),
    # Its charts
    "amount_by_day": ("{amount} by day", "일별 {amount}"),
    "legend": ("{amount}; line across: the month before", "{amount}; 가로지르는 선: 전월"),
    "legend_so_far": (
        "{amount}; line across: the month before; outlined: projected",
        "{amount}; 가로지르는 선: 전월; 점선 테두리: 예상",
    ),
    "bar": ("{name}: {used} {amount}, {before} the month before", "{name}: {amount} {used}, 전월 {before}"),
    "bar_to_come": (
        "{name}: {used} {amount}, {coming} to come, {before} the month before",
        "{name}: {amount} {used}, 앞으로 {coming}, 전월 {before}",
    ),
    # Why a cluster counts as forgotten
    "reason_not_scaled": ("not scaled", "워커 수 변경 없음"),
    "reason_failed": ("failed", "실패"),
    "reason_ended_by_an_error": ("ended by an error", "오류로 끝남"),
    # How it is known what ran, and what is not known
    "what_measured": ("measured", "측정"),
    "what_bounded": ("bounded", "두 값 사이"),
    "what_inferred": ("inferred", "추정"),
    "what_unknown": ("unknown", "알 수 없음"),
    "what_without_a_price": ("without a price", "가격 없음"),
    "what_forgotten_by_the_API": ("forgotten by the API", "API에서 사라짐"),
    "what_gaps": ("gaps", "빈 구간"),
    "what_incomplete_list": ("incomplete list", "불완전한 목록"),
    "what_filtered_list": ("filtered list", "걸러진 목록"),
    "what_of_unknown_duration": ("of unknown duration", "실행 시간을 알 수 없음"),
    "what_totalVmUptime_not_used": ("totalVmUptime not used", "totalVmUptime 쓰지 않음"),
    "seen_alike": ("seen by two snapshots that agree", "두 스냅샷의 값이 같음"),
    "seen_apart": ("seen by two snapshots that differ: the mean of both", "두 스냅샷의 값이 다름: 둘의 평균"),
    "seen_apart_between": (
        "seen by two snapshots that differ: the mean of both, between {low} and {high}",
        "두 스냅샷의 값이 다름: 둘의 평균, {low}에서 {high} 사이",
    ),
    "not_looked": (
        "nobody looked: from totalVmUptime, or a count seen before or after",
        "확인한 기록 없음: totalVmUptime이나 앞뒤에 확인된 수로 추정",
    ),
    "never_seen": (
        "no node count was ever seen: not in the node-hours",
        "노드 수가 확인된 적 없음: 노드 시간에 들지 않음",
    ),
    "no_price_for": (
        "{share} of the hours: there is none for {flavors}",
        "전체 시간의 {share}: {flavors}의 가격이 없음",
    ),
    "no_flavor": (
        "{share} of the hours: no flavor or count is known",
        "전체 시간의 {share}: flavor나 노드 수를 알 수 없음",
    ),
    "ended_before": ("what ended before {time} may be missing", "{time} 전에 끝난 것은 빠졌을 수 있습니다"),
    "gaps_in_all": ("{gaps} between snapshots, {hours} hours in all", "스냅샷 사이의 {gaps}, 모두 {hours}시간"),
    "list_changed": (
        "the list changed while it was read: clusters may be missing",
        "읽는 동안 목록이 바뀜: 빠진 클러스터가 있을 수 있습니다",
    ),
    "only_with": ("only clusters with {filters}", "{filters}인 클러스터만"),
    "left_out": ("ran, and nobody knows for how long: left out", "실행되었으나 얼마 동안인지 알 수 없음: 제외됨"),
    "contradicts": ("it contradicts what was seen", "확인된 값과 어긋남"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say, in whatever language.

    Parameters
    ----------
    key
        Of the text.
    values
        What it is filled in with.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """Return the text; what it is filled in with may be something to say too."""
        said = {name: in_language(value, language) for name, value in self.values.items()}
        return TEXTS[self.key][LANGUAGES.index(language)].format_map(said)


class Words(str):
    """A text in English, as errors and logs have it, that can be said in the other languages too.

    Parameters
    ----------
    said
        What it says.
    english
        The text, where it is not just that.
    """

    __slots__ = ("said",)

    said: Said

    def __new__(cls, said: Said, english: str | None = None) -> Self:
        """Make the text."""
        made = super().__new__(cls, said.in_language("en") if english is None else english)
        made.said = said
        return made

    def __reduce__(self) -> tuple[type[Words], tuple[Said, str]]:
        return type(self), (self.said, str(self))


def in_language(value: Any, language: str) -> Any:
    """Return something to say as a text in a language, English too that knows itself in others; all else as it is."""
    if isinstance(value, Words):
        return str(value) if language == "en" else value.said.in_language(language)
    return value.in_language(language) if isinstance(value, Said) else value


def counted(n: int, one: str, many: str) -> Said:
    """Return a text for one of something, or for any other number of it."""
    return Said(one) if n == 1 else Said(many, {"n": n})


def of_the_page(language: str) -> dict[str, str]:
    """Return the texts that the page fills in itself, by key."""
    return {
        key.removeprefix(_PAGE): texts[LANGUAGES.index(language)]
        for key, texts in TEXTS.items()
        if key.startswith(_PAGE)
    }
