"""Every text that the panel shows, in each language; what the API says, and the names of its fields, stay as they are.

`{name}` in a text is filled in. Texts whose key begins with `page_` are the page's own: it gets them all, and fills
them in itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heco_jupyter.api.model.access import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "page_stale": ("stale since {ago} ago: {why}", "{ago} 전부터 갱신 안 됨: {why}"),
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
    "unreadable": ("its details cannot be read: {why}", "상세 정보를 읽을 수 없습니다: {why}"),
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
    "withdrawn": ("nothing was sent: {why}", "보내지 않음: {why}"),
    "no_activity": ("Nothing has been done from here yet", "여기서 한 작업이 아직 없습니다"),
    # The questions
    "ask_scale": ("Scale {name}?", "{name}의 워커 수를 바꿀까요?"),
    "ask_workers": ("workers {from} → {to} ({change})", "워커 {from} → {to} ({change})"),
    "ask_nodes": ("nodes {from} → {to}", "노드 {from} → {to}"),
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
    "unreadable_vms": ("its VMs cannot be read: {why}", "VM을 읽을 수 없습니다: {why}"),
    "master": ("master", "마스터"),
    "worker": ("worker", "워커"),
    "other": ("other", "기타"),
    # Where there are no widgets
    "as_of": ("as of {time}", "{time} 기준"),
    "more": ("and {count} more: {command} lists all", "외 {count}개: {command}에서 모두 볼 수 있습니다"),
    "as_widget": ("the panel above, as a widget", "위 제어판의 위젯"),
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
        said = {
            name: value.in_language(language) if isinstance(value, Said) else value
            for name, value in self.values.items()
        }
        return TEXTS[self.key][LANGUAGES.index(language)].format_map(said)


def of_the_page(language: str) -> dict[str, str]:
    """Return the texts that the page fills in itself, by key."""
    return {
        key.removeprefix(_PAGE): texts[LANGUAGES.index(language)]
        for key, texts in TEXTS.items()
        if key.startswith(_PAGE)
    }
