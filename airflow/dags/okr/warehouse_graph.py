"""dbt's graph as tasks: one for each model and one for its tests, in a group for each layer.

Cosmos reads the manifest and runs one `dbt build` (its producer task); the other tasks watch what it tells.
A test that reads several models has a task of its own: as part of each model's it would fail them all.
"""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from airflow.sdk import DAG, TaskGroup, TriggerRule, get_parsing_context
from airflow.sdk.bases.operator import BaseOperator
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos import settings as cosmos_settings
from cosmos.constants import DbtResourceType, ExecutionMode, InvocationMode, LoadMode, TestBehavior
from cosmos.dbt.graph import DbtNode
from okr.commands import FORECAST
from okr.node_tasks import ModelTask, SeedTask, TestTask

import settings

__all__ = ["MANIFEST", "DbtTasks"]

MANIFEST = settings.ROOT / "target" / "manifest.json"
LOCKED_DBT = settings.ROOT / "airflow" / "dags" / "okr" / "locked_dbt"
LAYERS = ("seeds", "staging", "intermediate", "curated")
BUILT = {DbtResourceType.MODEL: ModelTask, DbtResourceType.SEED: SeedTask}

PROJECT = ProjectConfig(
    dbt_project_path=settings.ROOT,
    models_relative_path="dbt_project/models",
    seeds_relative_path="dbt_project/seeds",
    snapshots_relative_path="dbt_project/snapshots",
    manifest_path=MANIFEST,
    project_name="okr",
    install_dbt_deps=False,
    copy_dbt_packages=False,
    env_vars={"OKR_PYTHON": sys.executable},
)
PROFILE = ProfileConfig(
    profile_name="okr",
    target_name=settings.load().dbt_target,
    profiles_yml_filepath=settings.ROOT / "profiles.yml",
)
EXECUTION = ExecutionConfig(
    execution_mode=ExecutionMode.WATCHER,
    invocation_mode=InvocationMode.SUBPROCESS,
    dbt_executable_path=str(LOCKED_DBT),
    setup_operator_args={"dbt_cmd_flags": ["--exclude-resource-type", "unit_test"]},
)
# A state told by dbt is final: watching once more would only show it again.
TASKS: dict[str, Any] = {
    "append_env": True,
    "deferrable": False,
    "poke_interval": 1,
    "retries": 0,
    "trigger_rule": TriggerRule.NONE_FAILED,
}
LONGEST_SECONDS = 2 * 60 * 60
POOL = "okr_models"
"""Of these tasks fewer run at once than Airflow has slots: they wait for the build, which must get one."""

# It would read the whole repository, its environments too, each time a task starts.
cosmos_settings.enable_dag_versioning = False
# It tells at each start of a task that exposures and hooks have none.
logging.getLogger("cosmos").setLevel(logging.ERROR)


@dataclass
class DbtTasks:
    """The tasks of a DAG that show dbt's graph; `select` is dbt's, and may be a template.

    Every task reads the DAG file anew when it starts: of the graph it makes its own part only. The task
    named `reader` asks for all of it.
    """

    dag: DAG
    select: str
    reader: str
    of_node: dict[str, list[BaseOperator]] = field(default_factory=lambda: defaultdict(list))
    layers: dict[str, TaskGroup] = field(default_factory=dict)

    def __post_init__(self) -> None:
        starting = get_parsing_context().task_id
        self.only = None if starting == self.reader else starting
        self.task_args: dict[str, Any] = {}
        group = DbtTaskGroup(
            group_id="build",
            dag=self.dag,
            project_config=PROJECT,
            profile_config=PROFILE,
            execution_config=EXECUTION,
            render_config=RenderConfig(
                load_method=LoadMode.DBT_MANIFEST,
                invocation_mode=InvocationMode.SUBPROCESS,
                dbt_executable_path=str(LOCKED_DBT),
                enable_mock_profile=False,
                exclude=[FORECAST],
                test_behavior=TestBehavior.AFTER_EACH,
                emit_datasets=False,
                # A function: Cosmos copies its configuration, and with a method all that hangs on it.
                node_converters=dict.fromkeys(BUILT, lambda **told: self._built(**told)),  # noqa: PLW0108
            ),
            operator_args=TASKS,
        )
        self.producer: BaseOperator = group.tasks_map["dbt_producer_watcher"]
        self.nodes: dict[str, DbtNode] = group.dbt_graph.filtered_nodes
        self.producer.select = self.select
        self.producer.tests_per_model = self._tests_of_nodes()
        for node in self.nodes.values():
            if reads_several(node):
                self._test_of_several(node)

    def begin_after(self, task: BaseOperator) -> None:
        """Nothing of the graph begins before `task` has ended.

        Staging waits for it too: all that it reads may be seeds that are left out of a run.
        """
        task >> self.producer
        for unique_id, tasks in list(self.of_node.items()):
            if not tasks[0].upstream_task_ids or layer_of(self.nodes[unique_id]) == "staging":
                task >> tasks[0]

    def _built(self, node: DbtNode, task_args: dict[str, Any], **_: Any) -> TaskGroup | None:
        """A model or seed and its tests, called by Cosmos."""
        self.task_args = task_args
        if not self._is_wanted(f"{layer_of(node)}.{node.name}."):
            return None
        with TaskGroup(node.name, dag=self.dag, parent_group=self._layer(node)) as group:
            build = self._task(BUILT[node.resource_type], "run", node)
            if node.has_test:
                build >> self._task(TestTask, "test", node)
        return group

    def _test_of_several(self, node: DbtNode) -> None:
        """A test that reads several models; as in dbt it holds up those that descend from all of them."""
        parents = [parent for parent in node.depends_on if self._is_built(parent)]
        home = self.nodes[parents[0]] if parents else node
        name = f"{node.resource_name.split('.')[0]}_test"
        if not self._is_wanted(f"{layer_of(home)}.{name}"):
            return
        with self._layer(home):
            test = self._task(TestTask, name, node)
        if self.only is not None:
            return
        for parent in parents:
            self.of_node[parent][0] >> test
        built = [other for other in self.of_node if self._is_built(other)]
        held = {other for other in built if set(node.depends_on) <= self._ancestors(other)}
        for other in held:
            if not held & set(self.nodes[other].depends_on):
                test >> self.of_node[other][0]

    def _is_built(self, unique_id: str) -> bool:
        return unique_id in self.nodes and self.nodes[unique_id].resource_type in BUILT

    def _is_wanted(self, task: str) -> bool:
        """Whether a task, or one of those whose names begin so, is to be made."""
        return self.only is None or self.only == task or (task.endswith(".") and self.only.startswith(task))

    def _task(self, kind: type[Any], task_id: str, node: DbtNode) -> BaseOperator:
        task: BaseOperator = kind(
            task_id=task_id,
            dag=self.dag,
            pool=POOL,
            timeout=LONGEST_SECONDS,
            producer_task_id="build.dbt_producer_watcher",
            extra_context={"dbt_node_config": node.context_dict, "package_name": node.package_name},
            **self.task_args,
        )
        self.of_node[node.unique_id].append(task)
        return task

    def _layer(self, node: DbtNode) -> TaskGroup:
        name = layer_of(node)
        if name not in self.layers:
            self.layers[name] = TaskGroup(name, dag=self.dag, parent_group=self.dag.task_group)
        return self.layers[name]

    def _tests_of_nodes(self) -> dict[str, list[str]]:
        """Whose task shows which test: its model's, or its own."""
        tests: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes.values():
            if node.resource_type == DbtResourceType.TEST:
                tests[node.unique_id if reads_several(node) else node.depends_on[0]].append(node.unique_id)
        return dict(tests)

    def _ancestors(self, unique_id: str) -> set[str]:
        found: set[str] = set()
        todo = list(self.nodes[unique_id].depends_on)
        while todo:
            parent = todo.pop()
            if parent not in found:
                found.add(parent)
                todo += self.nodes[parent].depends_on if parent in self.nodes else []
        return found


def layer_of(node: DbtNode) -> str:
    """The layer a node's file lies in; of the groups in the graph one each."""
    return next((layer for layer in LAYERS if layer in node.original_file_path.parts), "others")


def reads_several(node: DbtNode) -> bool:
    """Whether a node is a test of more than one other."""
    return node.resource_type == DbtResourceType.TEST and len(set(node.depends_on)) > 1
