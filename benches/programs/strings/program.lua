-- Texts that are made, joined, taken apart, changed and counted.
return function(size)
    local words = {}
    for i = 0, size - 1 do words[#words + 1] = "word" .. (i * 31 % 1009) end
    local line = table.concat(words, " ")
    local counts = {}
    for word in line:gmatch("[^ ]+") do
        local name = word:upper()
        counts[name] = (counts[name] or 0) + 1
    end
    local result = #line
    for name, count in pairs(counts) do result = result + #name * count * count end
    return result
end
