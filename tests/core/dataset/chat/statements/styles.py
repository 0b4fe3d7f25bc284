"""Chat templates written for these tests in the styles that are in use, and conversations for them."""

CHATML = """\
{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{% endif %}
"""

INST = """\
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- set preface = '<<SYS>>\\n' ~ messages[0]['content'] | trim ~ '\\n<</SYS>>\\n\\n' -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set preface = '' -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception('Turns of user and assistant must alternate, beginning with the user: found "' + turn['role'] + '"') }}
    {%- endif -%}
    {%- set text = preface + turn.content if loop.first else turn.content -%}
    {%- if turn['role'] == 'user' -%}
        {{ bos_token + '[INST] ' + text.strip() + ' [/INST]' }}
    {%- elif turn['role'] == 'assistant' -%}
        {{ ' ' + text.strip() + ' ' + eos_token }}
    {%- endif -%}
{%- endfor -%}
"""

HEADERS = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "01 Jan 2000" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- macro header(role) %}{{ "<|start_header_id|>" + role + "<|end_header_id|>\\n\\n" }}{% endmacro %}
{%- if messages[0]['role'] == 'system' %}
    {%- set first = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set first = "" %}
{%- endif %}
{{- header("system") }}
{%- if tools is not none %}
    {{- "Tools: " + tools | map(attribute="name") | join(", ") + "\\n" }}
{%- endif %}
{{- "Today is " + date_string + ".\\n" }}
{{- first }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- header(message['role']) + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- header('assistant') }}
{%- endif %}
"""

MISTRAL = """\
{%- set roles = namespace(index=0, system=none) -%}
{%- for message in messages -%}
  {%- if loop.first and message.role == "system" -%}
    {%- set roles.system = message.content -%}
    {%- continue -%}
  {%- endif -%}
  {%- if message.role not in ["user", "assistant"] -%}
    {{- raise_exception("Only roles user and assistant come behind the system's message, not " ~ message.role) -}}
  {%- endif -%}
  {%- if (message.role == "user") != (roles.index % 2 == 0) -%}
    {{- raise_exception("Roles must alternate user/assistant/user/assistant/...") -}}
  {%- endif -%}
  {%- set roles.index = roles.index + 1 -%}
{%- endfor -%}
{{- bos_token -}}
{%- for message in messages -%}
  {%- if message.role == "user" -%}
    {%- if loop.last and roles.system is not none -%}
      {{- "[INST] " + roles.system + "\\n\\n" + message.content + "[/INST]" -}}
    {%- else -%}
      {{- "[INST] " ~ message.content ~ "[/INST]" -}}
    {%- endif -%}
  {%- elif message.role == "assistant" -%}
    {% generation %}{{- " " + message.content + eos_token -}}{% endgeneration %}
  {%- endif -%}
{%- endfor -%}
"""

GEMMA = """\
{{ bos_token }}
{%- if messages[0].role == 'system' -%}
    {%- set opening = (messages[0].content if messages[0].content is string else messages[0].content[0]['text']) + '\\n\\n' -%}
    {%- set rest = messages[1:] -%}
{%- else -%}
    {%- set opening = "" -%}
    {%- set rest = messages -%}
{%- endif -%}
{%- for message in rest -%}
    {%- if message['role'] == 'assistant' -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\\n' + (opening if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for part in message['content'] -%}
            {%- if part['type'] == 'image' -%}
                {{ '<picture>' }}
            {%- elif part['type'] == 'text' -%}
                {{ part['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("A content is neither text nor parts") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\\n' }}
{%- endif -%}
"""

PHI = """\
{% for message in messages %}{% if message['role'] in ['system', 'user', 'assistant'] %}{{'<|' + message['role'] + '|>' + '
' + message['content'] + '<|end|>' + '
'}}{% endif %}{% if loop.last and add_generation_prompt and message.role != 'assistant' %}{{ '<|assistant|>
' }}{% elif loop.last %}{{ eos_token }}{% endif %}{% endfor %}
"""

QWEN = """\
{%- if tools %}
    {{- '<|im_start|>system\\n# Tools\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(seeking=true, last_query=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.seeking and message.role == "user" and message.content is string
           and not(message.content.startswith('<answer>') and message.content.endswith('</answer>')) %}
        {%- set ns.seeking = false %}
        {%- set ns.last_query = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set thought = '' %}
        {%- if message.thought is string %}
            {%- set thought = message.thought %}
        {%- elif '</think>' in content %}
            {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query and (loop.last or thought) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<answer>\\n' ~ content ~ '\\n</answer>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""

DEEPSEEK = """\
{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}\
{% set ns = namespace(is_first=true, system_prompt='', is_answer=false) %}\
{%- for message in messages %}{%- if message['role'] == 'system' %}\
{%- if ns.is_first %}{% set ns.system_prompt = ns.system_prompt + message['content'] %}{% set ns.is_first = false %}\
{%- else %}{% set ns.system_prompt = ns.system_prompt + '\\n\\n' + message['content'] %}{%- endif %}\
{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}\
{%- for message in messages %}\
{%- if message['role'] == 'user' %}{%- set ns.is_answer = false -%}{{ '<|User|>' + message['content'] }}{%- endif %}\
{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}\
{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}\
{{ '<|Assistant|>' + content + '<|end of sentence|>' }}{%- set ns.is_answer = true -%}{%- endif %}\
{%- endfor -%}\
{% if add_generation_prompt and not ns.is_answer %}{{ '<|Assistant|><think>\\n' }}{% endif %}\
"""

STYLES = {"chatml": CHATML, "inst": INST, "headers": HEADERS, "mistral": MISTRAL, "gemma": GEMMA, "phi": PHI, "qwen": QWEN,
          "deepseek": DEEPSEEK}


def says(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "question": [says("user", "How deep is the sea?")],
    "system": [says("system", "  Answer in one word.\n"), says("user", " Is water wet? ")],
    "turns": [says("user", "Hi"), says("assistant", "Hello."), says("user", "Grüße, 世界 🌊\n\tand <b>&</b>")],
    "long": [says("system", "Be kind."), says("user", "1"), says("assistant", "<think>\n\nhm\n</think>\n\ntwo"), says("user", "3"),
             says("assistant", "\n<think>last</think>four")],
    "answered": [says("user", "1"), says("assistant", "done")],
    "twice": [says("user", "a"), says("user", "b")],
    "assistant": [says("assistant", "I begin")],
    "tool": [says("user", "look"), says("assistant", "", thought="I look"), says("tool", "42"), says("tool", "43"),
             says("assistant", "it is 42")],
    "parts": [says("user", [{"type": "image"}, {"type": "text", "text": " what is it? "}])],
    "nothing": [],
    "late_system": [says("user", "a"), says("system", "b"), says("assistant", "c")],
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
VARIANTS = {
    "plain": {"add_generation_prompt": False, "tools": None},
    "prompt": {"add_generation_prompt": True, "tools": None},
    "tools": {"add_generation_prompt": True, "enable_thinking": False,
              "tools": [{"name": "sum", "parameters": {"a": 1.5, "b": [True, None, "é\"<"]}}, {"name": "two", "parameters": {}}]},
    "bare": {},
}
