"""The words of each protocol: keys of their request, answer and event objects, and of JSON Schema.

A key listed here names positions and is no part, so only words that the providers publish may be added.
Sources: the types of the `openai` and `anthropic` packages, https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.protocols.wire.reader import Schema

_JSON_SCHEMA: Final = """
    $anchor $comment $defs $id $ref $schema additionalItems additionalProperties allOf anyOf const contains default
    definitions dependentRequired deprecated description else enum examples exclusiveMaximum exclusiveMinimum format
    if items maxItems maxLength maxProperties maximum minItems minLength minProperties minimum multipleOf not nullable
    oneOf pattern patternProperties prefixItems properties propertyNames readOnly required then title type
    unevaluatedProperties uniqueItems writeOnly
"""

_OPENAI: Final = """
    accepted_prediction_tokens access_programs acknowledged_safety_checks action actions after allowed_callers
    allowed_domains allowed_tools annotation annotation_index annotations approval approval_request_id approved
    approximate arguments async attributes audio audio_tokens authorization background best_of button byte_offset
    bytes cache_missed_tokens cache_write_tokens cache_write_tokens_details cached_image_tokens cached_text_tokens
    cached_tokens cached_tokens_details call call_id caller caller_id categories category_applied_input_types
    category_scores chat_template_kwargs choices city code command command_index commands compact_threshold
    comparison_response_id comparison_reusable_tokens completed_at completion_tokens completion_tokens_details
    complexity connector_id container container_id content content_index content_parts context context_compression
    context_management conversation country created created_at created_by custom cyber data defer_loading definition
    deleted delta description detail detailed_explanation developer diff dimensions display_height display_width
    domain domain_secrets echo effort embedding embedding_weight encoding_format encrypted_content end_index env
    environment error error_type execution exit_code expires_at external_web_access file file_data file_id file_ids
    file_url filename filters fingerprint finish_reason flagged format frame_count frame_duration_ms frequency_penalty
    from function function_call functions generate generate_summary grammar harassment harassment/threatening
    harassment_threatening has_more hate hate/threatening hate_threatening headers hybrid_search id illicit
    illicit/violent illicit_violent image image_gen image_tokens image_url in include include_obfuscation
    include_usage incomplete_details index input input_audio input_fidelity input_image_mask input_schema input_text
    input_tokens input_tokens_details input_transformations instructions item item_id json_schema keep_alive key keys
    last_id last_messages limit list logit_bias logprob logprobs logs max_completion_tokens max_num_results
    max_output_length max_output_tokens max_tokens max_tool_calls media_type memory_limit message messages metadata
    min_p misalignment modalities mode model moderation moderation_details moderation_stage n name namespace
    network_policy num_requests obfuscation object offset operation order outcome output output_compression
    output_format output_index output_schema output_text output_tokens output_tokens_details outputs owned_by
    parallel_tool_calls param parameters parsed parsed_arguments part partial_image_b64 partial_image_index
    partial_images path pattern pending_safety_checks personality phase plan policy prediction presence_penalty
    previous_response_id prewarm prompt prompt_cache_breakpoint prompt_cache_diagnostics prompt_cache_key
    prompt_cache_options prompt_cache_retention prompt_tokens prompt_tokens_details provider quality queries query
    ranker ranking_options read_only reason reasoning reasoning_content reasoning_effort reasoning_tokens refusal
    region rejected_prediction_tokens repetition_penalty request require_approval required_input response
    response_format result results review_target revised_prompt role safety_identifier schema score score_threshold
    scroll_x scroll_y search_content_types search_context_size seed self-harm self-harm/instructions self-harm/intent
    self_harm self_harm_instructions self_harm_intent sequence_number server server_description server_label
    server_url service_tier sexual sexual/minors sexual_minors shutdown_date size skill_id skills source sources
    start_index starting_after status stderr stdout steer stop store stream stream_id stream_options strict suffix
    summary summary_index svg svg_usage syntax system_fingerprint temperature text text_offset text_tokens text_weight
    timeout_ms timezone title to token token_logprobs tokens tool tool_call_id tool_calls tool_choice tool_names
    tool_usage tools top_k top_logprobs top_p total_tokens transcript truncation ttl ttl_12h_tokens ttl_30m_tokens
    tunnel_id type url url_citation usage user user_location value variables vector_store_ids verbosity version
    violence violence/graphic violence_graphic voice web_search web_search_options working_directory x y
"""

_ANTHROPIC: Final = """
    access_type account_status action active adaptive after_id allowed_callers allowed_domains amount appeal_url
    applied_edits authorization_token batch before_id betas between_tools blocked_domains budget_tokens cache_control
    cache_creation cache_creation_input_tokens cache_miss_reason cache_missed_input_tokens cache_read_input_tokens
    caller capabilities category citation citations cited_text city clear_thinking_20251015 clear_tool_uses_20250919
    client_tool_results close_tab code code_execution compact_20260112 configs container content content_block context
    context_management coordinate country created_at currency cursor_position cyber data data_retention defer_loading
    delta deprecated_at depth description details diagnostics disable_parallel_tool_use disabled display display_name
    document_ids document_index document_title double_click download_id downloadable duration eager_input_streaming
    edits effort email_hash enabled encrypted_content encrypted_index encrypted_stdout end_block_index end_char_index
    end_page_number enforcement_actions enforcement_status entity_type ephemeral_1h_input_tokens
    ephemeral_5m_input_tokens error error_code error_message expires_at expires_in_seconds explanation
    external_user_details features file file_id file_type file_upload filename files filter find first_id form_input
    format from full get_page_text has_more hold_key hover human_review id ids image_input index inference_geo input
    input_examples input_schema input_tokens is_error is_file_update javascript_exec keep key last_id
    latest_version_id left_click left_click_drag left_mouse_down left_mouse_up lifecycle limit line lines list_tabs
    max_characters max_content_tokens max_input_tokens max_tokens max_uses mcp_servers media_type message messages
    metadata middle_click mime_type model modifiers mouse_move name name_hash navigate new_lines new_start new_tab
    num_lines old_lines old_start onboarded_at opened_at order order_by output_config output_format output_tokens
    output_tokens_details oversized_image page page_age parsed_output partial_json path paths pdf_input
    previous_message_id programs properties query read_console read_network read_page reason ref reference_id region
    repeat request_id required requirements response_inclusion retires_at retrieved_at return_code right_click role
    schema screenshot scroll scroll_amount scroll_direction scroll_to search_result_index server_name
    server_tool_results server_tool_use server_tools service_tier signature size_bytes skill_id skills source speed
    start_block_index start_char_index start_coordinate start_line start_page_number state_changes status stderr
    stdout stop_details stop_reason stop_sequence stop_sequences stream strict structured_outputs supported switch_tab
    system tab_id tabs target temperature text thinking thinking_tokens tiers timezone title tool_choice tool_id
    tool_name tool_references tool_use_id tools toolset_name top_k top_p total_lines transformations trigger
    triple_click ttl type types unsupported updated_at url url_sources usage use_cache user_id user_input
    user_location user_profile_id value version wait web_fetch_requests web_search web_search_requests workspace_id x
    y zoom
"""

_STRUCTURAL: Final = """
    background call_id container_id detail effort encoding_format encrypted_content file_id file_ids finish_reason
    format id include item_id media_type modalities model obfuscation object operation output_format owned_by phase
    previous_response_id prompt_cache_retention quality reasoning_effort region request_id response_id role
    service_tier signature size status stop_reason summary syntax system_fingerprint tool_call_id tool_choice
    tool_use_id truncation type verbosity voice
"""
"""Keys whose value is a word of the protocol where it looks like one (ASCII without spaces, quotes, brackets)."""

_TOKENIZED: Final = "input prompt prompt_token_ids"
"""Texts that vLLM and OpenAI also take as token ids."""

_FREE: Final = """
    additional_properties chat_template_kwargs default definition enum examples filters headers input_schema
    logit_bias metadata output_schema parameters properties schema variables
"""

OPENAI: Final = Schema(
    vocabulary=frozenset(f"{_JSON_SCHEMA} {_OPENAI} {_STRUCTURAL} {_FREE} {_TOKENIZED}".split()),
    structural=frozenset(_STRUCTURAL.split()),
    free=frozenset(_FREE.split()),
    tokenized=frozenset(_TOKENIZED.split()),
)
OPENAI_ANSWERS: Final = replace(OPENAI, structural=OPENAI.structural | {"embedding"}, vectors=frozenset({"embedding"}))
ANTHROPIC: Final = Schema(
    vocabulary=frozenset(f"{_JSON_SCHEMA} {_ANTHROPIC} {_STRUCTURAL} {_FREE}".split()),
    structural=frozenset(_STRUCTURAL.split()),
    free=frozenset(_FREE.split()) | {"input"},
)
