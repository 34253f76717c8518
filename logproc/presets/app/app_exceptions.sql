-- title: Exceptions
SELECT regexp_extract(concat_ws(' ', message, stack), '[A-Za-z_][A-Za-z0-9_.]*(?:Exception|Error)\b') AS exception,
       count(*) AS messages, approx_count_distinct(logger) AS loggers, max(time) AS last_time
FROM app
WHERE regexp_matches(concat_ws(' ', message, stack), '[A-Za-z_][A-Za-z0-9_.]*(?:Exception|Error)\b')
GROUP BY ALL ORDER BY messages DESC LIMIT 100
